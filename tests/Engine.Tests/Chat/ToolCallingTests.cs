using System.ComponentModel;
using System.Text.Json;
using Engine.Chat;
using Engine.Constraints;
using Engine.Tests.Chat.Tools;
using Microsoft.Extensions.AI;

namespace Engine.Tests.Chat;

/// <summary>Functions that Microsoft.Extensions.AI really calls, over a scripted model.</summary>
public sealed class ToolCallingTests
{
    private const string Template = FamilyTemplates.Hermes + "\u0001";

    private readonly List<string> _called = [];

    public static TheoryData<bool> Ways => [false, true];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_function_is_called_and_its_result_is_used(bool streams)
    {
        var talking = new TalkingModel(Script, Template);
        await using IModel model = talking.Model;
        using IChatClient client = new ModelChatClient(model).AsBuilder().UseFunctionInvocation().Build();

        ChatResponse answer = await AskAsync(client, "How is it in Oslo?", streams, new ChatOptions { Tools = [Weather(), Clock()] });

        Assert.Equal(["weather Oslo 2"], _called);
        Assert.Equal("It is sunny in Oslo.", answer.Messages[^1].Text);
        Assert.Equal([ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant], answer.Messages.Select(message => message.Role));
        Assert.Equal("Let me see.", answer.Messages[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Contains("<tools>\n{\"type\": \"function\", \"function\": {\"name\": \"weather\", \"description\": \"Tells the weather.\"", talking.Shown, StringComparison.Ordinal);
        Assert.EndsWith(
            "<|im_start|>assistant\nLet me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\", \"days\": 2}}\n</tool_call><|im_end|>\n"
            + "<|im_start|>user\n<tool_response>\nsunny\n</tool_response><|im_end|>\n<|im_start|>assistant\n",
            talking.Shown, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Calls_go_side_by_side_and_turns_one_after_the_other(bool streams)
    {
        var talking = new TalkingModel(Script, Template);
        await using IModel model = talking.Model;
        using IChatClient client = new ModelChatClient(model).AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [Weather(), Clock()] };
        List<ChatMessage> conversation = [new(ChatRole.User, "How is it in Oslo?")];

        conversation.AddRange((await AskAsync(client, conversation, streams, options)).Messages);
        conversation.Add(new ChatMessage(ChatRole.User, "And both?"));
        ChatResponse both = await AskAsync(client, conversation, streams, options);

        Assert.Equal(["weather Oslo 2", "weather Rome 1", "clock"], _called);
        Assert.Equal("Sunny at noon.", both.Messages[^1].Text);
        FunctionCallContent[] calls = [.. both.Messages[0].Contents.OfType<FunctionCallContent>()];
        Assert.Equal(["weather", "clock"], calls.Select(call => call.Name));
        Assert.Equal(2, calls.Select(call => call.CallId).Distinct().Count());
        Assert.Empty(calls[1].Arguments!);
    }

    [Fact]
    public async Task A_call_in_a_stream_is_one_content_and_all_updates_are_one_message()
    {
        await using IModel model = new TalkingModel(Script, Template).Model;
        using var client = new ModelChatClient(model);

        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("How is it in Oslo?", new ChatOptions { Tools = [Weather(), Clock()] }).ToListAsync();

        FunctionCallContent call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Equal("""{"city":"Oslo","days":2}""", JsonSerializer.Serialize(call.Arguments));
        Assert.IsType<JsonElement>(call.Arguments!["city"]);
        Assert.Single(updates.Select(update => (update.MessageId, update.Role, update.ResponseId)).Distinct());
        Assert.Equal("Let me see.", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
        Assert.Single(updates[^1].Contents.OfType<UsageContent>());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_model_that_would_not_call_does_so_if_a_call_is_required(bool streams)
    {
        await using IModel model = new TalkingModel("I would rather not.", Template).Model;
        using IChatClient client = new ModelChatClient(model).AsBuilder().UseFunctionInvocation().Build();
        foreach (ChatToolMode mode in new ChatToolMode[] { ChatToolMode.RequireAny, ChatToolMode.RequireSpecific("clock") })
        {
            _called.Clear();
            ChatResponse answer = await AskAsync(client, "Hi", streams, new ChatOptions { Tools = [Clock()], ToolMode = mode, AllowMultipleToolCalls = false, Temperature = 0 });
            // Required in the first request alone.
            Assert.Equal(["clock"], _called);
            Assert.Equal("I would rather not.", answer.Messages[^1].Text);
        }
        Assert.Equal("I would rather not.", (await AskAsync(client, "Hi", streams, new ChatOptions { Tools = [Clock()], ToolMode = ChatToolMode.None, Temperature = 0 })).Text);
        Assert.Single(_called);
    }

    [Fact]
    public async Task A_call_that_comes_back_is_not_read_again()
    {
        await using IModel model = new TalkingModel(Script, FamilyTemplates.Hermes, turn: "<|im_start|>assistant\n").Model;
        using var client = new ModelChatClient(model);
        var options = new ChatOptions { Tools = [Weather(), Clock()] };
        List<ChatMessage> conversation = [new(ChatRole.User, "How is it in Oslo?")];
        ChatResponse called = await client.GetResponseAsync(conversation, options);
        conversation.AddRange(called.Messages);
        conversation.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(called.Messages[0].Contents.OfType<FunctionCallContent>().Single().CallId, JsonElement.Parse("\"sunny\""))]));

        ChatResponse answer = await client.GetResponseAsync(conversation, options);

        Assert.Equal("It is sunny in Oslo.", answer.Text);
        Assert.Equal(called.Usage!.InputTokenCount + called.Usage.OutputTokenCount - 1, answer.Usage!.CachedInputTokenCount); // all but the end
    }

    [Fact]
    public async Task Half_a_call_at_the_end_of_the_budget_is_a_finish_reason()
    {
        await using IModel model = new TalkingModel("<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>", Template).Model;
        using var client = new ModelChatClient(model);
        foreach (int tokens in new[] { 15, 30, 50, 61 })
        {
            ChatResponse cut = await client.GetResponseAsync("Hi", new ChatOptions { Tools = [Weather()], MaxOutputTokens = tokens });
            Assert.Equal((ChatFinishReason.Length, ""), (cut.FinishReason, cut.Text));
            Assert.Empty(cut.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        }
    }

    [Fact]
    public async Task A_model_thinks_before_it_calls()
    {
        await using IModel model = new TalkingModel("<think>\nWeather?</think>\n\n<tool_call>\n{\"name\": \"clock\"}\n</tool_call>", "{# <think> #}" + Template).Model;
        using var client = new ModelChatClient(model);
        ChatResponse answer = await client.GetResponseAsync("Hi", new ChatOptions { Tools = [Clock()] });
        Assert.Equal(["Weather?", "clock"], answer.Messages[0].Contents.Select(content => content switch
        {
            TextReasoningContent thought => thought.Text,
            FunctionCallContent call => call.Name,
            _ => content.GetType().Name,
        }));
    }

    [Fact]
    public void Modes_formats_and_strict_functions_become_constraints()
    {
        JsonElement schema = JsonElement.Parse("""{"type":"object","properties":{"at":{"type":"string","format":"date-time"}},"required":["at"]}""");
        Assert.Null(Read(new ChatOptions { Tools = [Weather()] }).Constraint);
        Assert.Null(Read(new ChatOptions { Tools = [Weather()], ToolMode = ChatToolMode.None }).Constraint);
        Assert.IsType<AnswerShape.Repeat>(Shape(new ChatOptions { Tools = [Weather()], ToolMode = ChatToolMode.RequireAny }));
        Assert.Equal(1, ((AnswerShape.Repeat)Shape(new ChatOptions { Tools = [Weather()], ToolMode = ChatToolMode.RequireAny, AllowMultipleToolCalls = false })).Max);
        var named = (AnswerShape.Repeat)Shape(new ChatOptions { Tools = [Weather(), Clock()], ToolMode = ChatToolMode.RequireSpecific("clock") });
        Assert.Equal(new AnswerShape.Literal("\n{\"name\": \"clock\", \"arguments\": "), ((AnswerShape.Sequence)named.Part).Parts[1]);
        Assert.IsType<AnswerShape.Sequence>(Shape(new ChatOptions { Tools = [Strict(Weather())] }));
        Assert.Same(Constraint.JsonObject, Read(new ChatOptions { ResponseFormat = ChatResponseFormat.Json }).Constraint);
        Assert.Equal(schema.GetRawText(), ((JsonSchemaConstraint)Read(new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) }).Constraint!).Schema.GetRawText());
        Assert.IsType<AnswerShape.Either>(Shape(new ChatOptions { Tools = [Weather()], ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) }));
        var regex = new RegexConstraint("a");
        Assert.Same(regex, Read(new ChatOptions { RawRepresentationFactory = _ => new GenerateRequest { Prompt = Prompt.FromText(""), Constraint = regex } }).Constraint);
    }

    [Fact]
    public async Task A_mode_that_names_an_unknown_tool_and_two_tools_of_one_name_are_mistakes()
    {
        await using IModel model = new TalkingModel("ok", Template).Model;
        using var client = new ModelChatClient(model);
        Assert.Contains("expected the tool 'dice'", (await Assert.ThrowsAsync<InvalidRequestException>(
            () => client.GetResponseAsync("Hi", new ChatOptions { Tools = [Clock()], ToolMode = ChatToolMode.RequireSpecific("dice") }))).Message, StringComparison.Ordinal);
        Assert.Contains("'clock' twice", (await Assert.ThrowsAsync<InvalidRequestException>(
            () => client.GetResponseAsync("Hi", new ChatOptions { Tools = [Clock(), Clock()] }))).Message, StringComparison.Ordinal);
    }

    /// <summary>The model's answer to what it is shown.</summary>
    private static string Script(string shown) => shown switch
    {
        _ when shown.EndsWith("How is it in Oslo?<|im_end|>\n<|im_start|>assistant\n", StringComparison.Ordinal) =>
            "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\", \"days\": 2}}\n</tool_call>",
        _ when shown.EndsWith("And both?<|im_end|>\n<|im_start|>assistant\n", StringComparison.Ordinal) =>
            "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>",
        _ when shown.EndsWith("\nnoon\n</tool_response><|im_end|>\n<|im_start|>assistant\n", StringComparison.Ordinal) => "Sunny at noon.",
        _ => "It is sunny in Oslo.",
    };

    private static Task<ChatResponse> AskAsync(IChatClient client, string text, bool streams, ChatOptions options) =>
        AskAsync(client, [new ChatMessage(ChatRole.User, text)], streams, options);

    private static Task<ChatResponse> AskAsync(IChatClient client, IEnumerable<ChatMessage> conversation, bool streams, ChatOptions options) =>
        streams ? client.GetStreamingResponseAsync(conversation, options).ToChatResponseAsync() : client.GetResponseAsync(conversation, options);

    private static GenerateRequest Read(ChatOptions options)
    {
        using var client = new ModelChatClient(new TalkingModel("", Template).Model);
        var model = client.GetService<IModel>()!;
        return ChatTranslation.Read(client, new ClientModel(model), model, [new(ChatRole.User, "Hi")], options, CancellationToken.None).Request;
    }

    private static AnswerShape Shape(ChatOptions options) => Assert.IsType<ShapeConstraint>(Read(options).Constraint).Shape;

    private AIFunction Weather() => AIFunctionFactory.Create(
        [Description("Tells the weather.")] (string city, int days = 1) =>
        {
            _called.Add($"weather {city} {days}");
            return "sunny";
        },
        "weather");

    private AIFunction Clock() => AIFunctionFactory.Create(
        () =>
        {
            _called.Add("clock");
            return "noon";
        },
        "clock");

    private static StrictFunction Strict(AIFunction function) => new(function);

    private sealed class StrictFunction(AIFunction function) : DelegatingAIFunction(function)
    {
        public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = new Dictionary<string, object?> { ["strict"] = true };
    }
}
