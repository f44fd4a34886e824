using System.ClientModel;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OpenAI.Responses;

namespace Clients.Tests;

/// <summary>Any library's <see cref="IChatClient"/>, under function invocation.</summary>
/// <param name="chat">Makes the client of a model.</param>
internal sealed class ExtensionsAIToolClient(Func<string, IChatClient> chat) : IToolClient
{
    public async Task<Called> AskAsync(string model, IReadOnlyList<string> questions, Choice choice, bool stream)
    {
        var functions = new Functions();
        using IChatClient client = chat(model).AsBuilder().UseFunctionInvocation().Build();
        List<ChatMessage> conversation = [];
        string text = "";
        foreach (string question in questions)
        {
            conversation.Add(new ChatMessage(ChatRole.User, question));
            var options = new ChatOptions { Tools = functions.Tools, ToolMode = Mode(choice) };
            ChatResponse response = stream
                ? await client.GetStreamingResponseAsync(conversation, options).ToChatResponseAsync() : await client.GetResponseAsync(conversation, options);
            conversation.AddMessages(response);
            text = response.Messages[^1].Text;
        }
        return new Called(text, functions.Calls);
    }

    internal static ChatToolMode Mode(Choice choice) => choice switch
    {
        Choice.None => ChatToolMode.None,
        Choice.Required => ChatToolMode.RequireAny,
        Choice.Weather => ChatToolMode.RequireSpecific("weather"),
        _ => ChatToolMode.Auto,
    };
}

public sealed class ExtensionsAIToolTests(ShippedModels models) : RealToolClientContract(models)
{
    protected override IToolClient Connect(Uri server) => new ExtensionsAIToolClient(model => OpenAITests.Library(server).GetChatClient(model).AsIChatClient());
}

/// <summary>Over /v1/responses. With the newest of both libraries it cannot stream.</summary>
public sealed class ExtensionsAIResponsesToolTests(ShippedModels models) : RealToolClientContract(models)
{
    protected override bool Streams => false;

    protected override IToolClient Connect(Uri server) => new ExtensionsAIToolClient(
        model => new ResponsesClient(new ApiKeyCredential("none"), new ResponsesClientOptions { Endpoint = new Uri(server, "v1") }).AsIChatClient(model));
}

/// <summary>Its library moves the bounds of arguments into descriptions.</summary>
public sealed class AnthropicToolTests : ToolChoiceClientContract
{
    protected override IToolClient Connect(Uri server) => new ExtensionsAIToolClient(model => AnthropicTests.Library(server).AsIChatClient(model));
}

/// <summary>Ollama's API has no choice of tools.</summary>
public sealed class OllamaSharpToolTests : ToolClientContract
{
    protected override IToolClient Connect(Uri server) => new ExtensionsAIToolClient(model => new OllamaApiClient(server, model));
}

/// <summary>An agent, whose session holds the conversation.</summary>
public sealed class AgentsToolTests(ShippedModels models) : RealToolClientContract(models)
{
    protected override IToolClient Connect(Uri server) => new Client(server);

    private sealed class Client(Uri server) : IToolClient
    {
        public async Task<Called> AskAsync(string model, IReadOnlyList<string> questions, Choice choice, bool stream)
        {
            var functions = new Functions();
            var agent = new ChatClientAgent(
                OpenAITests.Library(server).GetChatClient(model).AsIChatClient(),
                new ChatClientAgentOptions { ChatOptions = new ChatOptions { Tools = functions.Tools, ToolMode = ExtensionsAIToolClient.Mode(choice) } });
            AgentSession session = await agent.CreateSessionAsync();
            string text = "";
            foreach (string question in questions)
            {
                AgentResponse response = stream
                    ? await agent.RunStreamingAsync(question, session).ToAgentResponseAsync() : await agent.RunAsync(question, session);
                text = response.Messages[^1].Text;
            }
            return new Called(text, functions.Calls);
        }
    }
}
