using System.Text.Json;
using Engine.BuiltIn;
using Engine.Chat;
using Engine.LlamaCpp.Direct;
using Engine.Tests.LlamaCpp;
using Engine.Tests.Serving;
using Microsoft.Extensions.AI;

namespace Engine.Tests.Chat;

[Collection(LoadedLibrary.Name)]
public sealed class ModelChatClientTests
{
    private static readonly ChatOptions Greedy = new() { Temperature = 0 };

    [Fact]
    public async Task A_greedy_answer_is_the_models_own_to_the_same_prompt()
    {
        await using IModel model = await LoadAsync();
        using var client = new ModelChatClient(model);
        ChatMessage[] messages = [new(ChatRole.User, "One rainy day, Peter was in the garden.")];

        ChatResponse answer = await client.GetResponseAsync(messages, Greedy);

        List<GeneratedToken> own = await OwnAsync(model, [new("user", messages[0].Text)]);
        Assert.NotEmpty(answer.Text);
        Assert.Equal(string.Concat(own.Select(token => token.Text)), answer.Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal(own[^1].PromptTokens, answer.Usage!.InputTokenCount);
        Assert.Equal(own.Count, answer.Usage.OutputTokenCount);
        Assert.Equal(own[^1].PromptTokens + own.Count, answer.Usage.TotalTokenCount);
        Assert.Equal(model.Card.Name, answer.ModelId);
        Assert.Null(answer.ConversationId);
        ChatMessage message = Assert.Single(answer.Messages);
        Assert.Equal(ChatRole.Assistant, message.Role);
        Assert.NotNull(message.MessageId);
        Assert.NotNull(answer.ResponseId);
        Assert.NotNull(answer.CreatedAt);
    }

    [Fact]
    public async Task A_stream_is_the_same_answer_in_pieces_with_one_usage()
    {
        await using IModel model = await LoadAsync();
        using var client = new ModelChatClient(model);

        ChatResponse whole = await client.GetResponseAsync("One rainy day, Peter was in the garden.", Greedy);
        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("One rainy day, Peter was in the garden.", Greedy).ToListAsync();

        Assert.True(updates.Count > 5);
        Assert.Equal(whole.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.All(updates, update => Assert.Equal(
            (ChatRole.Assistant, updates[0].MessageId, updates[0].ResponseId, updates[0].CreatedAt, model.Card.Name, (string?)null),
            (update.Role, update.MessageId, update.ResponseId, update.CreatedAt, update.ModelId, update.ConversationId)));
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
        Assert.Equal(whole.FinishReason, updates[^1].FinishReason);
        UsageContent usage = Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>());
        Assert.Equal(whole.Usage!.OutputTokenCount, usage.Details.OutputTokenCount);
        Assert.Equal(whole.Usage.InputTokenCount, usage.Details.InputTokenCount);
        ChatResponse joined = updates.ToChatResponse();
        Assert.Equal(whole.Text, joined.Text);
        Assert.Equal(whole.Usage.TotalTokenCount, joined.Usage!.TotalTokenCount);
    }

    [Fact]
    public async Task Each_turn_of_a_conversation_is_read_with_those_before()
    {
        await using IModel model = await LoadAsync();
        using var client = new ModelChatClient(model);
        List<ChatMessage> conversation = [new(ChatRole.User, "One rainy day, Peter was in the garden.")];
        List<TemplateMessage> same = [new("user", conversation[0].Text)];
        long cached = 0;
        foreach (string next in new[] { "One sunny day, Anna was at the market.", "One windy day, Tom was in the forest.", "" })
        {
            ChatResponse answer = await client.GetResponseAsync(conversation, Greedy);
            Assert.Equal(string.Concat((await OwnAsync(model, same)).Select(token => token.Text)), answer.Text);
            Assert.True(same.Count == 1 || answer.Usage!.CachedInputTokenCount > cached, "what was read before is read again");
            cached = answer.Usage!.CachedInputTokenCount ?? 0;
            conversation.AddRange(answer.Messages);
            conversation.Add(new ChatMessage(ChatRole.User, next));
            same.AddRange([new("assistant", answer.Text), new("user", next)]);
        }
    }

    [Fact]
    public async Task A_cancellation_ends_a_stream_at_once_and_leaves_the_model_usable()
    {
        await using IModel model = await LoadAsync();
        using var client = new ModelChatClient(model);
        using var stop = new CancellationTokenSource();
        int updates = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("One rainy day,", Greedy, stop.Token))
            {
                if (++updates == 3)
                {
                    await stop.CancelAsync();
                }
            }
        });
        Assert.Equal(3, updates);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync("One rainy day,", Greedy, stop.Token));
        Assert.NotEmpty((await client.GetResponseAsync("One rainy day,", Greedy)).Text);
    }

    [Fact]
    public async Task Seed_stop_text_and_number_of_tokens_take_effect()
    {
        await using IModel model = await LoadAsync();
        using var client = new ModelChatClient(model);
        const string Opening = "One rainy day, Peter was in the garden.";

        string story = (await client.GetResponseAsync(Opening, new ChatOptions { Seed = 7, Temperature = 1 })).Text;
        Assert.Equal(story, (await client.GetResponseAsync(Opening, new ChatOptions { Seed = 7, Temperature = 1 })).Text);
        string sentence = story[..(story.IndexOf('.', StringComparison.Ordinal) + 1)];
        ChatResponse stopped = await client.GetResponseAsync(Opening, new ChatOptions { Seed = 7, Temperature = 1, StopSequences = ["."] });
        Assert.Equal((sentence.TrimEnd('.'), ChatFinishReason.Stop), (stopped.Text, stopped.FinishReason));
        ChatResponse cut = await client.GetResponseAsync(Opening, new ChatOptions { Seed = 7, Temperature = 1, MaxOutputTokens = 4 });
        Assert.Equal((ChatFinishReason.Length, 4L), (cut.FinishReason, cut.Usage!.OutputTokenCount));
        Assert.StartsWith(cut.Text, story, StringComparison.Ordinal);
        ChatResponse none = await client.GetResponseAsync(Opening, new ChatOptions { MaxOutputTokens = 0 });
        Assert.Equal(("", ChatFinishReason.Length, 0L, cut.Usage.InputTokenCount), (none.Text, none.FinishReason, none.Usage!.OutputTokenCount, none.Usage.InputTokenCount));
    }

    [Fact]
    public async Task Instructions_come_first_and_the_conversation_follows_as_templates_expect_it()
    {
        var talking = new TalkingModel("ok");
        await using IModel model = talking.Model;
        using var client = new ModelChatClient(model);
        JsonElement quoted = JsonElement.Parse("\"sunny\""), found = JsonElement.Parse("{\"degrees\": 3}");
        ChatMessage[] messages =
        [
            new(ChatRole.System, "Two."),
            new(new ChatRole("developer"), "Three."),
            new(ChatRole.User, [new TextContent("How is "), new TextContent("it?")]) { AuthorName = "Ann" },
            new(ChatRole.Assistant, [new TextReasoningContent("ask"), new FunctionCallContent("c1", "weather", new Dictionary<string, object?> { ["city"] = "Oslo" }), new FunctionCallContent("c2", "now")]),
            new(ChatRole.Tool, [new FunctionResultContent("c1", quoted), new FunctionResultContent("c2", found)]),
            new(ChatRole.Tool, [new FunctionResultContent("c3", "\"said\""), new FunctionResultContent("c4", null), new FunctionResultContent("c5", new { Degrees = 4 })]),
            new(ChatRole.Assistant, [new TextContent("Well."), new UsageContent(new UsageDetails())]),
        ];

        await client.GetResponseAsync(messages, new ChatOptions { Instructions = "One." });

        Assert.Equal(
            "[system]One.[system]Two.[system]Three.[user Ann]How is it?[assistant](ask)<c1 weather {\"city\": \"Oslo\"}><c2 now {}>"
            + "[tool weather]sunny@c1[tool now]{\"degrees\":3}@c2[tool]said@c3[tool]@c4[tool]{\"degrees\":4}@c5[assistant]Well.",
            talking.Shown);
    }

    [Fact]
    public void Options_are_a_requests_and_the_factory_gives_the_rest()
    {
        using var client = new ModelChatClient(new TalkingModel("").Model);
        var options = new ChatOptions
        {
            Temperature = 0.5f,
            TopP = 0.9f,
            TopK = 7,
            FrequencyPenalty = 0.1f,
            PresencePenalty = 0.2f,
            MaxOutputTokens = 9,
            StopSequences = ["b"],
            Seed = 11,
            RawRepresentationFactory = given => ReferenceEquals(given, client)
                ? new GenerateRequest { Prompt = Prompt.FromText("passed over"), Stop = ["a"], MaxTokens = 3, Deadline = TimeSpan.FromMinutes(1), Sampling = new() { MinP = 0.2f, TopK = 1, Seed = 3 } }
                : null,
        };

        GenerateRequest request = Read(client, options);

        Assert.Equal(new SamplingOptions { Temperature = 0.5f, TopP = 0.9f, TopK = 7, MinP = 0.2f, FrequencyPenalty = 0.1f, PresencePenalty = 0.2f, Seed = 11 }, request.Sampling);
        Assert.Equal(["a", "b"], request.Stop);
        Assert.Equal((9, TimeSpan.FromMinutes(1)), (request.MaxTokens, request.Deadline));
        Assert.NotNull(request.Prompt.Parts);
        GenerateRequest bare = Read(client, new ChatOptions { Seed = -1 });
        Assert.Equal((new SamplingOptions(), null, 0), (bare.Sampling, bare.MaxTokens, bare.Stop.Count));
    }

    public static TheoryData<ChatOptions, string> Refused => new()
    {
        { new() { Tools = [new HostedWebSearchTool()] }, "expected functions among the tools, found 'web_search', a HostedWebSearchTool" },
        { new() { ConversationId = "c" }, "no history is kept here" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task An_unsupported_option_is_refused_by_its_name(ChatOptions options, string message)
    {
        await using IModel model = new TalkingModel("ok").Model;
        using var client = new ModelChatClient(model);
        var refusal = await Assert.ThrowsAsync<UnsupportedRequestException>(() => client.GetResponseAsync("Hi", options));
        Assert.StartsWith("Answering a chat: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => client.GetStreamingResponseAsync("Hi", options).ToListAsync().AsTask());
    }

    [Fact]
    public async Task Options_that_change_nothing_are_accepted()
    {
        await using IModel model = new TalkingModel("ok").Model;
        using var client = new ModelChatClient(model);
        // No mode of tools that are not there counts, but the one that requires a call.
        var options = new ChatOptions { Tools = [], ToolMode = ChatToolMode.Auto, ResponseFormat = ChatResponseFormat.Text, ModelId = "Talking", AllowMultipleToolCalls = true, AdditionalProperties = new() { ["user"] = "u" } };
        Assert.Equal("ok", (await client.GetResponseAsync("Hi", options)).Text);
    }

    [Fact]
    public async Task Mistakes_give_the_contracts_typed_errors()
    {
        IModel model = new TalkingModel("ok", contextLength: 40).Model;
        using var client = new ModelChatClient(model);
        Assert.Contains("the model 'other'", (await Assert.ThrowsAsync<InvalidRequestException>(() => client.GetResponseAsync("Hi", new ChatOptions { ModelId = "other" }))).Message, StringComparison.Ordinal);
        Assert.Contains("at least one message", (await Assert.ThrowsAsync<InvalidRequestException>(() => client.GetResponseAsync([]))).Message, StringComparison.Ordinal);
        Assert.Contains("since a call of one is required, found none", (await Assert.ThrowsAsync<InvalidRequestException>(() => client.GetResponseAsync("Hi", new ChatOptions { ToolMode = ChatToolMode.RequireAny }))).Message, StringComparison.Ordinal);
        Assert.Contains("TopK", (await Assert.ThrowsAsync<InvalidRequestException>(() => client.GetResponseAsync("Hi", new ChatOptions { TopK = -2 }))).Message, StringComparison.Ordinal);
        Assert.Contains("found a String", (await Assert.ThrowsAsync<InvalidRequestException>(() => client.GetResponseAsync("Hi", new ChatOptions { RawRepresentationFactory = _ => "x" }))).Message, StringComparison.Ordinal);
        Assert.Contains("message 0 has a UriContent", (await Assert.ThrowsAsync<UnsupportedRequestException>(
            () => client.GetResponseAsync(new ChatMessage(ChatRole.User, [new UriContent("http://a/b.png", "image/png")])))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => client.GetResponseAsync(new string('a', 50)));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetResponseAsync((IEnumerable<ChatMessage>)null!));
        await model.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("Hi"));
    }

    [Fact]
    public async Task A_model_without_a_template_says_what_to_set()
    {
        await using var model = new Engine.Serving.ServedModel(new ScriptedModel(), new());
        using var client = new ModelChatClient(model);
        var refusal = await Assert.ThrowsAsync<UnsupportedRequestException>(() => client.GetResponseAsync("Hi"));
        Assert.StartsWith("Answering a chat with 'scripted': expected a chat template in its file, found none. Set ModelOptions.ChatTemplate to the path of a Jinja file, or to the family", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("chatml", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_models_thoughts_are_not_part_of_its_answer()
    {
        await using IModel model = new TalkingModel("<think>\nfar?</think>\n\nYes.", "{# <think> #}" + TalkingModel.Template).Model;
        using var client = new ModelChatClient(model);
        ChatResponse answer = await client.GetResponseAsync("Hi");
        Assert.Equal("Yes.", answer.Text);
        Assert.Equal("far?", string.Concat(answer.Messages[0].Contents.OfType<TextReasoningContent>().Select(part => part.Text)));
        await using IModel plain = new TalkingModel("<think>no</think>").Model;
        Assert.Equal("<think>no</think>", (await new ModelChatClient(plain).GetResponseAsync("Hi")).Text);
    }

    [Fact]
    public async Task Services_are_found_by_type_and_through_a_pipeline()
    {
        await using IModel model = new TalkingModel("ok").Model;
        using IChatClient client = new ModelChatClient(model).AsBuilder().UseFunctionInvocation().Build();
        Assert.Equal(("engine", null, "talking"), client.GetService<ChatClientMetadata>() is { } data ? (data.ProviderName, data.ProviderUri, data.DefaultModelId) : default);
        Assert.Same(model, client.GetService<IModel>());
        Assert.Same(model.Tokenizer, client.GetService<ITokenizer>());
        Assert.IsType<ModelChatClient>(client.GetService<ModelChatClient>());
        Assert.NotNull(client.GetService<FunctionInvokingChatClient>());
        Assert.Null(client.GetService<Microsoft.Extensions.Logging.ILoggerFactory>());
        Assert.Null(client.GetService(typeof(IModel), "key"));
    }

    [Fact]
    public async Task A_pipeline_that_calls_functions_passes_answers_on_unchanged()
    {
        await using IModel model = await LoadAsync();
        using IChatClient client = new ModelChatClient(model).AsBuilder().UseFunctionInvocation().Build();
        using var bare = new ModelChatClient(model);

        ChatResponse expected = await bare.GetResponseAsync("One rainy day,", Greedy), found = await client.GetResponseAsync("One rainy day,", Greedy);
        ChatResponse streamed = (await client.GetStreamingResponseAsync("One rainy day,", Greedy).ToListAsync()).ToChatResponse();

        foreach (ChatResponse answer in new[] { found, streamed })
        {
            Assert.Equal(expected.Text, answer.Text);
            Assert.Equal(expected.Usage!.TotalTokenCount, answer.Usage!.TotalTokenCount);
            Assert.Equal(ChatRole.Assistant, Assert.Single(answer.Messages).Role);
            Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        }
    }

    [Fact]
    public async Task Many_conversations_go_side_by_side()
    {
        await using IModel model = await LoadAsync(slots: 4, exact: true);
        using var client = new ModelChatClient(model);
        string[] openings = ["One rainy day,", "Once upon a time,", "One sunny day, Anna was", "One windy day, Tom was in the forest."];
        string[] alone = new string[openings.Length];
        for (int i = 0; i < openings.Length; i++)
        {
            alone[i] = (await client.GetResponseAsync(openings[i], Greedy)).Text;
        }
        Assert.Equal(alone, await Task.WhenAll(openings.Select(async opening => (await client.GetResponseAsync(opening, Greedy)).Text)));
    }

    private static ValueTask<IModel> LoadAsync(int slots = 1, bool exact = false) =>
        new LlamaCppBackend().LoadAsync(new() { Path = DefaultModel.Find(), Slots = slots, Exact = exact });

    private static GenerateRequest Read(ModelChatClient client, ChatOptions options)
    {
        var model = client.GetService<IModel>()!;
        return ChatTranslation.Read(client, new ClientModel(model), model, [new(ChatRole.User, "Hi")], options, CancellationToken.None).Request;
    }

    private static async Task<List<GeneratedToken>> OwnAsync(IModel model, IReadOnlyList<TemplateMessage> messages)
    {
        Prompt prompt = ChatTemplate.FromModel(model)!.Render(new ChatTemplateInput { Messages = messages }).ToPrompt();
        return await model.GenerateAsync(new GenerateRequest { Prompt = prompt, Sampling = new() { Temperature = 0 } }).ToListAsync();
    }
}
