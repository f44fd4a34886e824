using System.ComponentModel;
using Engine.BuiltIn;
using Engine.Chat;
using Engine.LlamaCpp.Direct;
using Engine.Tests.LlamaCpp;
using Microsoft.Extensions.AI;

namespace Engine.Tests.Chat;

/// <summary>The model that comes with the engine to call tools: functions are really called by what it writes, and its answers use what they gave back.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class ShippedToolModelTests : IAsyncLifetime
{
    private readonly List<string> _called = [];
    private IModel _model = null!;

    public async Task InitializeAsync() => _model = await new LlamaCppBackend().LoadAsync(new() { Path = BundledModels.Resolve("builtin:llama-tools"), Device = "cpu" });

    public async Task DisposeAsync() => await _model.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Functions_are_called_turn_after_turn_and_their_results_are_said(bool streams)
    {
        using IChatClient client = Client();
        List<ChatMessage> conversation = [new(ChatRole.System, "You are helpful.")];

        Assert.Equal("In Oslo it is sunny.", await AskAsync(client, conversation, "What is the weather in Oslo?", streams));
        Assert.Equal("12 plus 30 is 42.", await AskAsync(client, conversation, "What is 12 plus 30?", streams));
        Assert.Equal(["get_weather Oslo", "add 12 30"], _called);
    }

    [Fact]
    public async Task Two_places_are_two_calls_at_once()
    {
        using IChatClient client = Client();
        List<ChatMessage> conversation = [];

        Assert.Equal("In Paris it is sunny. In Rome it is sunny.", await AskAsync(client, conversation, "What is the weather in Paris and Rome?", streams: false));
        Assert.Equal(["get_weather Paris", "get_weather Rome"], _called);
        Assert.Equal(2, conversation[1].Contents.OfType<FunctionCallContent>().Count());
    }

    [Fact]
    public async Task A_question_that_needs_no_tool_calls_none()
    {
        using IChatClient client = Client();
        Assert.Equal("Hello! How can I help you?", await AskAsync(client, [], "Hello!", streams: false));
        Assert.Equal("You are welcome.", await AskAsync(client, [], "Thank you!", streams: true));
        Assert.Empty(_called);
    }

    [Fact]
    public async Task Without_tools_it_says_that_it_has_none()
    {
        using var client = new ModelChatClient(_model);
        Assert.Equal("I have no tool for that.", (await client.GetResponseAsync("What is the weather in Oslo?", new ChatOptions { Temperature = 0 })).Text);
    }

    private IChatClient Client() => new ModelChatClient(_model).AsBuilder().UseFunctionInvocation().Build();

    private async Task<string> AskAsync(IChatClient client, List<ChatMessage> conversation, string question, bool streams)
    {
        conversation.Add(new ChatMessage(ChatRole.User, question));
        var options = new ChatOptions { Temperature = 0, Tools = [AIFunctionFactory.Create(Weather, "get_weather"), AIFunctionFactory.Create(Add, "add")] };
        ChatResponse answer = streams ? await client.GetStreamingResponseAsync(conversation, options).ToChatResponseAsync() : await client.GetResponseAsync(conversation, options);
        conversation.AddMessages(answer);
        return answer.Messages[^1].Text;
    }

    [Description("Tells the weather of a city.")]
    private string Weather([Description("The city's name.")] string city)
    {
        _called.Add($"get_weather {city}");
        return "sunny";
    }

    [Description("Adds two numbers.")]
    private int Add(int a, int b)
    {
        _called.Add($"add {a} {b}");
        return a + b;
    }
}
