using System.Text;
using System.Text.Json;
using OpenAI.Chat;

namespace Clients.Tests;

/// <summary>OpenAI's own calls: its users run the functions.</summary>
public sealed class OpenAIToolTests(ShippedModels models) : RealToolClientContract(models)
{
    protected override IToolClient Connect(Uri server) => new Client(server);

    private sealed class Client(Uri server) : IToolClient
    {
        public async Task<Called> AskAsync(string model, IReadOnlyList<string> questions, Choice choice, bool stream)
        {
            var functions = new Functions();
            ChatClient client = OpenAITests.Library(server).GetChatClient(model);
            List<ChatMessage> conversation = [];
            string text = "";
            foreach (string question in questions)
            {
                conversation.Add(new UserChatMessage(question));
                for (Choice now = choice; ; now = Choice.Auto)
                {
                    (text, List<ChatToolCall> calls, ChatFinishReason? finish) = stream
                        ? await StreamAsync(client, conversation, Options(now)) : Read(await client.CompleteChatAsync(conversation, Options(now)));
                    Assert.Equal(calls.Count > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop, finish);
                    if (calls.Count == 0)
                    {
                        conversation.Add(new AssistantChatMessage(text));
                        break;
                    }
                    var turn = new AssistantChatMessage(calls);
                    if (text.Length > 0)
                    {
                        turn.Content.Add(ChatMessageContentPart.CreateTextPart(text));
                    }
                    conversation.Add(turn);
                    conversation.AddRange(calls.Select(call => new ToolChatMessage(call.Id, Run(functions, call))));
                }
            }
            return new Called(text, functions.Calls);
        }

        private static string Run(Functions functions, ChatToolCall call)
        {
            JsonElement arguments = JsonElement.Parse(call.FunctionArguments.ToString());
            return call.FunctionName == "weather"
                ? functions.Weather(arguments.GetProperty("city").GetString()!, arguments.GetProperty("days").GetInt32()) : functions.Now();
        }

        private static (string Text, List<ChatToolCall> Calls, ChatFinishReason? Finish) Read(ChatCompletion answer) =>
            (string.Concat(answer.Content.Select(part => part.Text)), [.. answer.ToolCalls], answer.FinishReason);

        private static async Task<(string Text, List<ChatToolCall> Calls, ChatFinishReason? Finish)> StreamAsync(ChatClient client, IEnumerable<ChatMessage> conversation, ChatCompletionOptions options)
        {
            var text = new StringBuilder();
            var calls = new SortedDictionary<int, (string Id, string Name, string Arguments)>();
            ChatFinishReason? finish = null;
            await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync(conversation, options))
            {
                finish ??= update.FinishReason;
                foreach (ChatMessageContentPart part in update.ContentUpdate)
                {
                    text.Append(part.Text);
                }
                foreach (StreamingChatToolCallUpdate call in update.ToolCallUpdates)
                {
                    (string id, string name, string arguments) = calls.GetValueOrDefault(call.Index, ("", "", ""));
                    calls[call.Index] = (id + call.ToolCallId, name + call.FunctionName, arguments + call.FunctionArgumentsUpdate);
                }
            }
            return (text.ToString(), [.. calls.Values.Select(call => ChatToolCall.CreateFunctionToolCall(call.Id, call.Name, BinaryData.FromString(call.Arguments)))], finish);
        }

        private static ChatCompletionOptions Options(Choice choice)
        {
            var options = new ChatCompletionOptions
            {
                ToolChoice = choice switch
                {
                    Choice.None => ChatToolChoice.CreateNoneChoice(),
                    Choice.Required => ChatToolChoice.CreateRequiredChoice(),
                    Choice.Weather => ChatToolChoice.CreateFunctionChoice("weather"),
                    _ => ChatToolChoice.CreateAutoChoice(),
                },
            };
            options.Tools.Add(ChatTool.CreateFunctionTool("weather", "Tells the weather in a city.", BinaryData.FromString(Functions.WeatherSchema)));
            options.Tools.Add(ChatTool.CreateFunctionTool("now")); // without a description, and without parameters
            return options;
        }
    }
}
