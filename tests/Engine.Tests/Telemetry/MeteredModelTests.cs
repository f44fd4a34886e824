using System.Diagnostics;
using Engine.Registry;
using Engine.Serving;
using Engine.Telemetry;
using Engine.Tests.Registry;
using Engine.Tests.Serving;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Tests.Telemetry;

/// <summary>Requests for configured models are measured, once each, however they come and end.</summary>
public sealed class MeteredModelTests
{
    private static GenerateRequest Ok => new() { Prompt = Prompt.FromText("say"), MaxTokens = 5 };

    [Fact]
    public async Task A_generation_is_measured_once_streamed_or_whole()
    {
        await using Setting setting = await Setting.StartAsync("measured-once");
        IModel model = setting.Host.Services.GetRequiredKeyedService<IModel>(setting.Name);
        Assert.Equal(3, (await model.GenerateAsync(Ok).ToListAsync()).Count); // o, k, end
        await using (IModel lease = await setting.Host.Models.LeaseAsync(setting.Name))
        {
            await lease.GenerateAsync(Ok).ToListAsync();
        }
        await setting.Host.Services.GetRequiredKeyedService<IChatClient>(setting.Name).GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 5 });

        Assert.Equal(3, setting.Recording.Of("gen_ai.server.request.duration").Length);
        Assert.Equal(3, setting.Recording.Of("gen_ai.server.time_to_first_token").Length);
        Assert.Equal(3, setting.Recording.Of("gen_ai.server.time_per_output_token").Length);
        Assert.Equal(["chat", "text_completion", "text_completion"], setting.Recording.Spans.Select(span => (string)span.GetTagItem("gen_ai.operation.name")!).Order());
        Assert.Equal([3.0, 3, 3], setting.Recording.Of("gen_ai.client.token.usage").Where(one => Equals(one.Tags["gen_ai.token.type"], "output")).Select(one => one.Value));
        Assert.All(setting.Recording.Of("gen_ai.server.request.duration"), one => Assert.False(one.Tags.ContainsKey("error.type")));
    }

    [Fact]
    public async Task A_span_has_model_tokens_and_finish_reason_and_is_a_child_of_the_callers_span()
    {
        await using Setting setting = await Setting.StartAsync("measured-span");
        using var outer = new Activity("outer");
        outer.Start();
        await setting.Model.GenerateAsync(Ok with { Sampling = new() { Temperature = 0.5f, Seed = 7 } }).ToListAsync();
        await setting.Model.GenerateAsync(Ok with { MaxTokens = 1 }).ToListAsync();
        Assert.Same(outer, Activity.Current);

        Activity span = setting.Recording.Spans.First();
        Assert.Equal(("text_completion measured-span", ActivityKind.Internal, outer.SpanId), (span.DisplayName, span.Kind, span.ParentSpanId));
        Assert.Equal(("engine", "scripted", 4, 3), (span.GetTagItem("gen_ai.provider.name"), span.GetTagItem("gen_ai.response.model"), span.GetTagItem("gen_ai.usage.input_tokens"), span.GetTagItem("gen_ai.usage.output_tokens")));
        Assert.Equal((5, 0.5f, 7L), (span.GetTagItem("gen_ai.request.max_tokens"), span.GetTagItem("gen_ai.request.temperature"), span.GetTagItem("gen_ai.request.seed")));
        Assert.Equal(["stop"], (string[])span.GetTagItem("gen_ai.response.finish_reasons")!);
        Assert.Equal(["length"], (string[])setting.Recording.Spans.Last().GetTagItem("gen_ai.response.finish_reasons")!);
    }

    [Fact]
    public async Task Failed_cancelled_and_abandoned_requests_count_with_their_outcome()
    {
        var scripted = new ScriptedModel { Next = _ => 'a' };
        await using Setting setting = await Setting.StartAsync("measured-failures", scripted);
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => setting.Model.GenerateAsync(Ok with { Prompt = Prompt.FromText(new string('x', 100)) }).ToListAsync().AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => setting.Model.GenerateAsync(Ok, new CancellationToken(true)).ToListAsync().AsTask());
        scripted.Evaluating = stop =>
        {
            stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(20));
            stop.ThrowIfCancellationRequested();
        };
        await Assert.ThrowsAsync<DeadlineExceededException>(() => setting.Model.GenerateAsync(Ok with { Deadline = TimeSpan.FromMilliseconds(20) }).ToListAsync().AsTask());
        scripted.Evaluating = _ => { };
        await foreach (GeneratedToken token in setting.Model.GenerateAsync(Ok))
        {
            break;
        }
        await foreach (GeneratedToken token in setting.Model.GenerateAsync(Ok))
        {
            if (token.FinishReason is not null)
            {
                break; // it has all of the answer
            }
        }

        Assert.Equal(
            ["Engine.ContextLengthExceededException", "cancelled", "timeout", "cancelled", null],
            setting.Recording.Of("gen_ai.server.request.duration").Select(one => (string?)one.Tags.GetValueOrDefault("error.type")));
        Assert.Equal([ActivityStatusCode.Error, ActivityStatusCode.Error, ActivityStatusCode.Error, ActivityStatusCode.Error, ActivityStatusCode.Unset], setting.Recording.Spans.Select(span => span.Status));
        Assert.Single(setting.Recording.Of("gen_ai.server.time_to_first_token"));
    }

    [Fact]
    public async Task Scores_and_vectors_count_their_tokens()
    {
        await using Setting setting = await Setting.StartAsync("measured-verbs");
        await setting.Model.ScoreAsync(new() { Tokens = Prompt.FromText("four") }).ToListAsync();
        await setting.Model.ScoreAsync(new() { Tokens = Prompt.FromTokens([1, 2, 3, 4, 5]), Form = ScoreForm.TargetLogProbability }).ToListAsync();
        await setting.Model.EmbedAsync(new() { Inputs = [Prompt.FromText("ab"), Prompt.FromText("c")] });

        int special = setting.Model.Tokenizer.Encode("four").Count - 4;
        Assert.Equal(
            [("score", 4.0 + special), ("score", 5), ("embeddings", 3 + (2 * special))],
            setting.Recording.Of("gen_ai.client.token.usage").Select(one => ((string)one.Tags["gen_ai.operation.name"]!, one.Value)));
        Assert.Empty(setting.Recording.Of("gen_ai.server.time_to_first_token"));
    }

    [Fact]
    public async Task The_batch_reports_under_the_configured_name_and_no_attribute_is_undocumented()
    {
        await using Setting setting = await Setting.StartAsync("measured-batch");
        await setting.Model.GenerateAsync(Ok).ToListAsync();
        await setting.Model.GenerateAsync(Ok).ToListAsync();

        Assert.NotEmpty(setting.Recording.Of("engine.steps"));
        Assert.Equal(setting.Recording.Of("engine.step.tokens").Select(one => one.Value), setting.Recording.Of("engine.step.size").Select(one => one.Value));
        Assert.NotEmpty(setting.Recording.Of("engine.prefix.hits"));
        Assert.Equal([0.0], setting.Recording.Observe("engine.cells").Select(one => one.Value));
        Assert.Equal([0.0], setting.Recording.Observe("engine.waiting").Select(one => one.Value));
        Assert.Equal("ready", Assert.Single(setting.Recording.Observe("engine.model.state"), one => one.Value == 1).Tags["engine.model.state"]);
        foreach ((string name, double value, Dictionary<string, object?> tags) in setting.Recording.Measured)
        {
            Assert.Empty(tags.Keys.Except(Instruments.All.Single(metric => metric.Name == name).Attributes));
        }
    }

    [Fact]
    public async Task Swaps_count_by_their_outcome()
    {
        const string name = "measured-swaps";
        using var recording = new Recording(name);
        await using ChangingHost host = new(null, ($"Engine:Models:{name}:Backend", "fake"));
        host.Change(($"Engine:Models:{name}:Path", host.File("a.gguf")));
        await host.StartAsync();
        host.Backend.Before = (options, _) => Path.GetFileName(options.Path) == "broken.gguf" ? throw new ModelFileException("Broken.") : Task.CompletedTask;
        host.Change(($"Engine:Models:{name}:Path", host.File("broken.gguf")));
        await host.Until(() => host.Models.StatusOf(name).State == ModelState.Degraded);
        host.Change(($"Engine:Models:{name}:Path", host.File("b.gguf")));
        await host.Until(() => host.Models.StatusOf(name).State == ModelState.Ready);

        Assert.Equal(["failed", "succeeded"], recording.Of("engine.swaps").Select(one => (string)one.Tags["engine.outcome"]!));
    }

    [Fact]
    public async Task Measuring_a_token_allocates_nothing()
    {
        const string name = "measured-allocations";
        using var recording = new Recording(name);
        await using var model = new MeteredModel(name, new EndlessModel());
        await BytesOf(100);

        Assert.Equal(await BytesOf(10), await BytesOf(10_010));

        async Task<long> BytesOf(int tokens)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            await foreach (GeneratedToken token in model.GenerateAsync(Ok with { MaxTokens = tokens }))
            {
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    /// <summary>A model under a name that no other test has, with what is reported of it.</summary>
    private sealed class Setting : IAsyncDisposable
    {
        public required string Name { get; init; }

        public required Recording Recording { get; init; }

        public required ChangingHost Host { get; init; }

        public IModel Model => Host.Services.GetRequiredKeyedService<IModel>(Name);

        public static async Task<Setting> StartAsync(string name, ScriptedModel? model = null)
        {
            var host = new ChangingHost(new Backend(model), ($"Engine:Models:{name}:Backend", "scripted"), ($"Engine:Models:{name}:ChatTemplate", "plain"));
            host.Change(($"Engine:Models:{name}:Path", host.File("a.gguf")));
            await host.StartAsync();
            return new() { Name = name, Recording = new(name), Host = host };
        }

        public async ValueTask DisposeAsync()
        {
            await Host.DisposeAsync();
            Recording.Dispose();
        }
    }

    private sealed class Backend(ScriptedModel? model) : IModelBackend
    {
        public string Name => "scripted";

        public ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IModel>(new ServedModel(model is not null && options.Path.EndsWith("a.gguf", StringComparison.Ordinal) ? model : new ScriptedModel(), ServingOptions.Of(options)));
    }

    /// <summary>Hands out the same token over and over, at once.</summary>
    private sealed class EndlessModel : IModel
    {
        private static readonly GeneratedToken Token = new() { Token = 1, Text = "", Index = 0, PromptTokens = 3 };

        public ModelCard Card { get; } = new ScriptedModel().Card;

        public ITokenizer Tokenizer => throw new NotSupportedException();

#pragma warning disable CS1998 // Whatever it yields is there.
        public async IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
#pragma warning restore CS1998
        {
            for (int i = 0; i < request.MaxTokens; i++)
            {
                yield return Token;
            }
        }

        public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
