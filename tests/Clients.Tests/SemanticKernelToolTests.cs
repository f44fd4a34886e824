using System.Text;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace Clients.Tests;

/// <summary>The functions of a plugin, called by the kernel.</summary>
public sealed class SemanticKernelToolTests : ToolChoiceClientContract
{
    protected override IToolClient Connect(Uri server) => new Client(server);

    private sealed class Client(Uri server) : IToolClient
    {
        public async Task<Called> AskAsync(string model, IReadOnlyList<string> questions, Choice choice, bool stream)
        {
            var functions = new Functions();
            Kernel kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion(model, new Uri(server, "v1"), "none").Build();
            KernelPlugin plugin = kernel.Plugins.AddFromFunctions("Demo", [KernelFunctionFactory.CreateFromMethod(functions.Weather, "weather"), KernelFunctionFactory.CreateFromMethod(functions.Now, "now")]);
            IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
            var settings = new OpenAIPromptExecutionSettings
            {
                FunctionChoiceBehavior = choice switch
                {
                    Choice.None => FunctionChoiceBehavior.None(),
                    Choice.Required => FunctionChoiceBehavior.Required(),
                    Choice.Weather => FunctionChoiceBehavior.Required([plugin["weather"]]),
                    _ => FunctionChoiceBehavior.Auto(),
                },
            };
            var conversation = new ChatHistory();
            string text = "";
            foreach (string question in questions)
            {
                conversation.AddUserMessage(question);
                if (stream)
                {
                    // Text before calls is in the history already.
                    int before = conversation.Count;
                    var said = new StringBuilder();
                    await foreach (StreamingChatMessageContent update in chat.GetStreamingChatMessageContentsAsync(conversation, settings, kernel))
                    {
                        if (conversation.Count > before)
                        {
                            (before, _) = (conversation.Count, said.Clear());
                        }
                        said.Append(update.Content);
                    }
                    text = said.ToString();
                }
                else
                {
                    text = (await chat.GetChatMessageContentAsync(conversation, settings, kernel)).Content ?? "";
                }
                conversation.AddAssistantMessage(text);
            }
            return new Called(text, functions.Calls);
        }
    }
}
