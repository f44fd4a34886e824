using Engine.Registry;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Engine.Tests.Registry;

public sealed class ModelRegistryTests
{
    private static readonly string File = typeof(IModel).Assembly.Location;

    [Fact]
    public async Task A_started_host_has_the_default_model_and_each_by_name()
    {
        var backend = new FakeBackend();
        using IHost host = Build(backend, "oracle", "default");
        await host.StartAsync();

        var registry = host.Services.GetRequiredService<IModelRegistry>();
        Assert.Equal(["default", "oracle"], registry.Names);
        Assert.All(registry.Names, name => Assert.Equal(new ModelStatus(name, ModelState.Ready), registry.StatusOf(name)));
        Assert.Equal(2, backend.Loaded.Count);
        IModel model = host.Services.GetRequiredService<IModel>();
        Assert.Same(model, host.Services.GetRequiredKeyedService<IModel>("default"));
        Assert.Same(model, await registry.GetAsync());
        Assert.Same(host.Services.GetRequiredKeyedService<IModel>("oracle"), await registry.GetAsync("ORACLE"));
        Assert.Equal(File, model.Card.Path);
        await host.StopAsync();
    }

    [Fact]
    public async Task One_model_is_the_default_whatever_its_name()
    {
        using IHost host = Build(new FakeBackend(), "small");
        await host.StartAsync();
        Assert.Same(host.Services.GetRequiredKeyedService<IModel>("small"), host.Services.GetRequiredService<IModel>());
        await host.StopAsync();
    }

    [Fact]
    public async Task Each_model_is_also_a_chat_client_and_an_embedding_generator()
    {
        using IHost host = Build(new FakeBackend(), "oracle", "default");
        await host.StartAsync();
        foreach (string name in new[] { "default", "oracle" })
        {
            IModel model = host.Services.GetRequiredKeyedService<IModel>(name);
            var chat = host.Services.GetRequiredKeyedService<IChatClient>(name);
            var embedding = host.Services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(name);
            Assert.Same(model, chat.GetService<IModel>());
            Assert.Same(model, embedding.GetService<IModel>());
            Assert.Equal(name, chat.GetService<ChatClientMetadata>()!.DefaultModelId);
            Assert.Equal((name, model.Card.EmbeddingLength), (embedding.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId, embedding.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions));
        }
        Assert.Equal("default", host.Services.GetRequiredService<IChatClient>().GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Equal("default", host.Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
        Assert.Throws<ConfigurationException>(() => host.Services.GetRequiredKeyedService<IChatClient>("other"));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_chat_client_resolved_before_the_start_waits_for_the_model()
    {
        var gate = new TaskCompletionSource();
        using IHost host = Build(new FakeBackend { Gate = gate.Task }, "default");
        var chat = host.Services.GetRequiredService<IChatClient>();
        Assert.Null(host.Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
        Task start = host.StartAsync();
        Task<ChatResponse> answer = chat.GetResponseAsync("Hi");
        Assert.False(answer.IsCompleted);
        gate.SetResult();
        await start;
        // The model is a table: it has no template.
        var refusal = await Assert.ThrowsAsync<UnsupportedRequestException>(() => answer);
        Assert.Contains("Set Engine:Models:default:ChatTemplate to the path", refusal.Message, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public async Task Disposing_the_host_disposes_each_model_once()
    {
        var backend = new FakeBackend();
        using (IHost host = Build(backend, "oracle", "default"))
        {
            await host.StartAsync();
            host.Services.GetRequiredService<IModel>();
            await host.StopAsync();
            Assert.All(backend.Loaded, model => Assert.Equal(0, model.Disposals));
        }
        Assert.All(backend.Loaded, model => Assert.Equal(1, model.Disposals));
    }

    [Fact]
    public async Task A_model_resolved_before_the_start_waits_in_its_verbs_and_throws_in_its_properties()
    {
        var gate = new TaskCompletionSource();
        using IHost host = Build(new FakeBackend { Gate = gate.Task }, "default");
        IModel model = host.Services.GetRequiredService<IModel>();
        var error = Assert.Throws<InvalidOperationException>(() => model.Card);
        Assert.Equal("Reading the card or the tokenizer of the model 'default': expected it to be loaded, it is not yet. "
            + "Read it after the host has started, or await IModelRegistry.GetAsync(\"default\") first.", error.Message);

        var request = new ScoreRequest { Tokens = Prompt.FromTokens([0]) };
        ValueTask<ScoreBlock> score = model.ScoreAsync(request).FirstAsync();
        Assert.False(score.IsCompleted);
        Assert.Equal(ModelState.Loading, host.Services.GetRequiredService<IModelRegistry>().StatusOf().State);
        gate.SetResult();
        float[]? logits = (await score).Logits;
        Assert.Equal([1, 2, 3], logits!);
    }

    [Fact]
    public async Task Cancelling_a_wait_does_not_cancel_the_loading()
    {
        var gate = new TaskCompletionSource();
        using IHost host = Build(new FakeBackend { Gate = gate.Task }, "default");
        var registry = host.Services.GetRequiredService<IModelRegistry>();
        using var cancellation = new CancellationTokenSource();
        Task<IModel> waiting = registry.GetAsync(cancellationToken: cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.SetResult();
        Assert.Equal(3, (await registry.GetAsync()).Card.VocabularySize);
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_fails_the_start_with_its_message()
    {
        using IHost host = Build(new FakeBackend { Failure = new ModelFileException("Broken file.") }, "default");
        var error = await Assert.ThrowsAsync<ModelFileException>(() => host.StartAsync());
        Assert.Equal("Broken file.", error.Message);
    }

    [Fact]
    public async Task A_loading_that_failed_is_tried_again_by_the_next_request()
    {
        var backend = new FakeBackend { Failure = new ModelFileException("Broken file.") };
        using IHost host = Build(backend, "default"); // not started: a failed load only fails its request
        var registry = host.Services.GetRequiredService<IModelRegistry>();
        Assert.Equal(new ModelStatus("default", ModelState.Waiting), registry.StatusOf());
        await Assert.ThrowsAsync<ModelFileException>(() => registry.GetAsync().AsTask());
        Assert.Equal(new ModelStatus("default", ModelState.Failed, backend.Failure), registry.StatusOf());
        backend.Failure = null;
        Assert.Equal(3, (await registry.GetAsync()).Card.VocabularySize);
        Assert.Equal(ModelState.Ready, registry.StatusOf().State);
    }

    [Theory]
    [InlineData("score")]
    [InlineData("generate")]
    [InlineData("embed")]
    public async Task A_model_whose_native_code_failed_is_disposed_of_once_and_loaded_again_by_the_next_request(string verb)
    {
        var backend = new FakeBackend();
        using IHost host = Build(backend, "default", "oracle");
        await host.StartAsync();
        var registry = host.Services.GetRequiredService<IModelRegistry>();
        IModel model = host.Services.GetRequiredService<IModel>();
        FakeModel failed = backend.Loaded[0];
        var failure = new NativeFailureException("An assertion failed.");
        failed.Failure = failure;
        Assert.Same(failure, await Assert.ThrowsAsync<NativeFailureException>(() => RunAsync(model, verb)));
        await failed.Disposed.WaitAsync();
        Assert.Equal(new ModelStatus("default", ModelState.Failed, failure), registry.StatusOf());
        Assert.Equal(ModelState.Ready, registry.StatusOf("oracle").State);
        Assert.Equal(File, model.Card.Path); // of the model that was
        Assert.Contains("it has failed", Assert.Throws<InvalidOperationException>(() => model.Tokenizer).Message, StringComparison.Ordinal);

        float[]? logits = (await ScoreAsync(model)).Logits;
        Assert.Equal([1, 2, 3], logits!);
        Assert.Equal(3, backend.Loaded.Count);
        Assert.Equal(ModelState.Ready, registry.StatusOf().State);
        Assert.NotNull(model.Tokenizer);
        await host.StopAsync();
        host.Dispose();
        Assert.All(backend.Loaded, loaded => Assert.Equal(1, loaded.Disposals));
    }

    [Fact]
    public async Task A_late_failure_of_a_dead_model_does_not_count_for_the_new_one()
    {
        var backend = new FakeBackend();
        using IHost host = Build(backend, "default");
        await host.StartAsync();
        IModel model = host.Services.GetRequiredService<IModel>();
        await using IAsyncEnumerator<ScoreBlock> late = model.ScoreAsync(TwoBlocks).GetAsyncEnumerator();
        Assert.True(await late.MoveNextAsync());
        backend.Loaded[0].Failure = new NativeFailureException("An assertion failed.");
        await Assert.ThrowsAsync<NativeFailureException>(() => RunAsync(model, "embed"));
        await ScoreAsync(model);
        await Assert.ThrowsAsync<NativeFailureException>(() => late.MoveNextAsync().AsTask());
        Assert.Equal(ModelState.Ready, host.Services.GetRequiredService<IModelRegistry>().StatusOf().State);
        Assert.Equal(2, backend.Loaded.Count);
    }

    [Fact]
    public async Task Other_errors_leave_a_model_usable()
    {
        var backend = new FakeBackend();
        using IHost host = Build(backend, "default");
        await host.StartAsync();
        backend.Loaded[0].Failure = new NonFiniteLogitsException("NaN.");
        await Assert.ThrowsAsync<NonFiniteLogitsException>(() => ScoreAsync(host.Services.GetRequiredService<IModel>()));
        Assert.Equal(ModelState.Ready, host.Services.GetRequiredService<IModelRegistry>().StatusOf().State);
        Assert.Equal(0, backend.Loaded[0].Disposals);
    }

    [Fact]
    public async Task A_stop_while_models_load_ends_the_start_without_an_error()
    {
        using IHost host = Build(new FakeBackend { Gate = new TaskCompletionSource().Task }, "default");
        Task start = host.StartAsync();
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await start.WaitAsync(TimeSpan.FromMinutes(1));
        await host.StopAsync();
    }

    [Fact]
    public async Task Giving_up_while_the_host_starts_is_a_cancellation()
    {
        using IHost host = Build(new FakeBackend { Gate = new TaskCompletionSource().Task }, "default");
        using var cancellation = new CancellationTokenSource();
        Task start = host.StartAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
    }

    [Fact]
    public async Task Disposing_while_a_model_loads_ends_the_loading()
    {
        Task<IModel> waiting;
        using (IHost host = Build(new FakeBackend { Gate = new TaskCompletionSource().Task }, "default"))
        {
            waiting = host.Services.GetRequiredService<IModelRegistry>().GetAsync().AsTask();
        }
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task An_unknown_name_lists_the_known_ones()
    {
        using IHost host = Build(new FakeBackend(), "default", "oracle");
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => host.Services.GetRequiredService<IModelRegistry>().GetAsync("oracel").AsTask());
        Assert.Equal("Looking for the model 'oracel': expected one of the configured models, which are 'default', 'oracle'. "
            + "Ask for one of these or add Engine:Models:oracel to the configuration.", error.Message);
        Assert.Throws<ConfigurationException>(() => host.Services.GetRequiredKeyedService<IModel>("oracel"));
    }

    private static ScoreRequest TwoBlocks => new() { Tokens = Prompt.FromTokens([0, 0, 0]) };

    private static Task<ScoreBlock> ScoreAsync(IModel model) => model.ScoreAsync(new ScoreRequest { Tokens = Prompt.FromTokens([0]) }).FirstAsync().AsTask();

    private static async Task RunAsync(IModel model, string verb) => _ = verb switch
    {
        "score" => (object)await ScoreAsync(model),
        "generate" => await model.GenerateAsync(new GenerateRequest { Prompt = Prompt.FromTokens([0]) }).FirstAsync(),
        _ => await model.EmbedAsync(new EmbedRequest { Inputs = [Prompt.FromTokens([0])] }),
    };

    private static IHost Build(FakeBackend backend, params string[] names)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(names.SelectMany(name => new Dictionary<string, string?>
        {
            [$"Engine:Models:{name}:Path"] = File,
            [$"Engine:Models:{name}:Backend"] = backend.Name,
        }));
        builder.Services.AddEngine(builder.Configuration).Services.AddSingleton<IModelBackend>(backend);
        return builder.Build();
    }
}
