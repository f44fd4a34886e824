using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Engine.BuiltIn;
using ReferenceModels;

namespace Engine.Host.Tests.Api;

/// <summary>Answers that carry the parity verdict of their own tokens.</summary>
public sealed class VerifyTests
{
    private const string Body = """{"prompt": "Once upon a time", "max_tokens": 12, "temperature": 0, "logprobs": 2, "verify": true}""";

    [Fact]
    public async Task A_completion_carries_the_verdict_on_its_own_tokens()
    {
        await using TestServer server = await TestServer.StartModelAsync(DefaultModel.FindF32());
        JsonElement answer = await server.CompleteAsync(Body);
        JsonElement verification = answer.GetProperty("verification");
        Assert.Equal("pass", verification.GetProperty("verdict").GetString());
        JsonElement report = Assert.Single(verification.GetProperty("answers").EnumerateArray());
        Assert.Equal(verification.GetProperty("explanation").GetString(), report.GetProperty("explanation").GetString());
        Assert.Equal(("pass", "production", 12, "llama.cpp", "reference"), (
            report.GetProperty("verdict").GetString(), report.GetProperty("setting").GetString(), report.GetProperty("positions").GetInt32(),
            report.GetProperty("native").GetProperty("backend").GetString(), report.GetProperty("reference").GetProperty("backend").GetString()));
        // The server's folders are not disclosed.
        Assert.All(["native", "reference"], side => Assert.Equal(Path.GetFileName(DefaultModel.FindF32()), report.GetProperty(side).GetProperty("path").GetString()));
        // What else was requested is there, and nothing else has changed.
        JsonElement plain = await server.CompleteAsync(Body.Replace("true", "false", StringComparison.Ordinal));
        Assert.False(plain.TryGetProperty("verification", out _));
        JsonElement one = answer.GetProperty("choices")[0], other = plain.GetProperty("choices")[0];
        Assert.Equal(other.GetProperty("text").GetString(), one.GetProperty("text").GetString());
        double[] Logprobs(JsonElement choice) => [.. choice.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Select(number => number.GetDouble())];
        Assert.Equal(12, Logprobs(one).Length);
        Assert.All(Logprobs(one).Zip(Logprobs(other)), pair => Assert.Equal(pair.First, pair.Second, 1e-3)); // the second finds its prompt in the cache
        Assert.All(one.GetProperty("logprobs").GetProperty("top_logprobs").EnumerateArray(), most => Assert.Equal(2, most.EnumerateObject().Count()));
    }

    [Fact]
    public async Task A_stream_carries_it_in_its_last_chunk()
    {
        await using TestServer server = await TestServer.StartModelAsync(DefaultModel.FindF32());
        string[] events = await server.StreamAsync("""
            {"prompt": "Once upon a time", "max_tokens": 5, "temperature": 0.9, "seed": 1, "n": 2, "verify": true, "stream": true, "stream_options": {"include_usage": true}}
            """);
        Assert.Equal("[DONE]", events[^1]);
        JsonElement last = JsonElement.Parse(events[^2]);
        Assert.Equal(0, last.GetProperty("choices").GetArrayLength());
        Assert.Equal(10, last.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal("pass", last.GetProperty("verification").GetProperty("verdict").GetString());
        Assert.Equal([5, 5], last.GetProperty("verification").GetProperty("answers").EnumerateArray().Select(report => report.GetProperty("positions").GetInt32()));
        Assert.All(events[..^2], chunk => Assert.DoesNotContain("verification", chunk, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Several_prompts_and_answers_have_a_report_each()
    {
        await using TestServer server = await TestServer.StartModelAsync(DefaultModel.FindF32());
        JsonElement answer = await server.CompleteAsync("""{"prompt": ["Once", "The cat"], "max_tokens": 3, "seed": 1, "n": 2, "verify": true, "echo": true}""");
        Assert.Equal([3, 3, 3, 3], answer.GetProperty("verification").GetProperty("answers").EnumerateArray().Select(report => report.GetProperty("positions").GetInt32()));
        Assert.Equal("pass", answer.GetProperty("verification").GetProperty("verdict").GetString());
        Assert.StartsWith("The cat", answer.GetProperty("choices")[3].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_is_found_and_the_reference_is_loaded_once()
    {
        using FaultyCopy faulty = FaultyCopy.OfF32(factor: 100);
        var other = new OtherFile(faulty.Path);
        await using TestServer server = await TestServer.StartAsync(
            [other], ("Engine:Models:default:Path", TestData.Model("aidreams260K-f32.gguf")), ("Engine:Models:default:Backend", "llama.cpp"), ("Engine:Models:default:Device", "cpu"));
        for (int i = 0; i < 2; i++)
        {
            JsonElement verification = (await server.CompleteAsync("""{"prompt": "Once upon a time", "max_tokens": 40, "temperature": 0, "verify": true}""")).GetProperty("verification");
            Assert.Equal("fail", verification.GetProperty("verdict").GetString());
            Assert.Equal("fail", verification.GetProperty("answers")[0].GetProperty("verdict").GetString());
        }
        Assert.Equal(1, other.Loads);
    }

    [Fact]
    public async Task An_encoder_decoder_is_verified_as_well()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:t5-translations");
        JsonElement answer = await server.CompleteAsync("""{"prompt": "the red dog sees the cat", "max_tokens": 6, "temperature": 0, "verify": true}""");
        Assert.Equal("pass", answer.GetProperty("verification").GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task The_reference_itself_is_not_verified()
    {
        await using TestServer server = await TestServer.StartModelAsync(DefaultModel.FindF32(), ("Engine:Models:default:Backend", "reference"));
        Assert.Contains("runs on the reference itself", await RefusalAsync(server, Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_the_reference_cannot_load_is_not_verified()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        Assert.StartsWith("Reading the field 'verify': the reference cannot load 'default'. ", await RefusalAsync(server, Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logits_that_would_fill_the_memory_are_refused_with_the_number_that_fits()
    {
        await using TestServer server = await TestServer.StartModelAsync(DefaultModel.FindF32(), ("Engine:Models:default:Queue", "2000"));
        // 886 logits a token: 1 GiB holds 302,973 of them, and 8 prompts of 128 answers would be 512 each, a whole context.
        string message = await RefusalAsync(server, $$"""{"prompt": {{JsonSerializer.Serialize(Enumerable.Repeat("a", 8))}}, "max_tokens": 1000, "n": 128, "verify": true}""");
        Assert.Contains("and at most 1024 MiB are allowed. Take max_tokens 295 or less.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_bytes_at_once_than_memory_should_hold_are_answered_429_and_accepted_when_the_first_request_has_ended()
    {
        var gate = new TaskCompletionSource();
        var native = new WideBackend("wide") { Generating = gate.Task };
        await using TestServer server = await TestServer.StartAsync([native, new WideBackend("reference")]);
        // Each may keep 768 MiB; none of them does.
        const string Request = """{"prompt": [1, 2], "max_tokens": 768, "verify": true}""";
        Task<HttpResponseMessage> first = server.PostAsync(Request);
        await native.Begun.WaitAsync();
        using (HttpResponseMessage second = await server.PostAsync(Request))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
            Assert.NotNull(second.Headers.RetryAfter);
            Assert.Contains("verification_full", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        gate.SetResult();
        foreach (Task<HttpResponseMessage> answer in new[] { first, server.PostAsync(Request) })
        {
            using HttpResponseMessage response = await answer;
            Assert.Contains("\"verdict\":\"pass\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_verification_counts_towards_the_requests_time()
    {
        await using TestServer server = await TestServer.StartAsync(
            [new WideBackend("wide"), new WideBackend("reference") { Scoring = new TaskCompletionSource().Task }], ("Serve:DeadlineSeconds", "1"));
        using HttpResponseMessage response = await server.PostAsync("""{"prompt": [1, 2], "max_tokens": 4, "verify": true}""");
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Contains("deadline_exceeded", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_is_nothing_to_verify_if_no_tokens_are_requested()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        Assert.Contains("expected tokens to verify", await RefusalAsync(server, """{"prompt": "a", "max_tokens": 0, "echo": true, "verify": true}"""), StringComparison.Ordinal);
    }

    private static async Task<string> RefusalAsync(TestServer server, string body)
    {
        using HttpResponseMessage response = await server.PostAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("message").GetString()!;
    }

    /// <summary>A reference that reads another file than the one it should judge.</summary>
    private sealed class OtherFile(string path) : IModelBackend
    {
        public string Name => "reference";

        public int Loads { get; private set; }

        public ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
        {
            Loads++;
            return new ReferenceBackend().LoadAsync(options with { Path = path }, progress, cancellationToken);
        }
    }

    /// <summary>Models of 262,144 tokens, all but one of whose logits are zeros: each answers with that one.</summary>
    private sealed class WideBackend(string name) : IModelBackend
    {
        private const int V = 1 << 18;

        public string Name => name;

        /// <summary>Released when a generation begins.</summary>
        public SemaphoreSlim Begun { get; } = new(0);

        /// <summary>Every generation waits for it.</summary>
        public Task Generating { get; init; } = Task.CompletedTask;

        /// <summary>Every scoring waits for it.</summary>
        public Task Scoring { get; init; } = Task.CompletedTask;

        public ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IModel>(new Model(this, options.Path));

        private sealed class Model(WideBackend backend, string path) : IModel
        {
            public ModelCard Card { get; } = new()
            {
                Name = "wide",
                Path = path,
                Architecture = "none",
                Backend = backend.Name,
                Device = "cpu",
                FileType = "F32",
                Parameters = 0,
                TensorBytes = 0,
                VocabularySize = V,
                HasVocabulary = false,
                SplitsText = false,
                EmbeddingLength = 1,
                Layers = 0,
                ContextLength = 1024,
                TrainedContextLength = 1024,
                Capabilities = ModelCapabilities.Generate | ModelCapabilities.Score,
            };

            public ITokenizer Tokenizer { get; } = new Engine.Generation.NoVocabulary("wide", V);

            public async IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
            {
                backend.Begun.Release();
                await backend.Generating.WaitAsync(cancellationToken);
                yield return new GeneratedToken { Token = 3, Text = "", Index = 0, PromptTokens = 2, Logits = Row(), FinishReason = FinishReason.EndOfGeneration };
            }

            public async IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
            {
                await backend.Scoring.WaitAsync(cancellationToken);
                yield return new ScoreBlock { FirstPosition = request.FirstPosition, Rows = 1, Vocabulary = V, Logits = Row() };
            }

            public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) =>
                throw new UnsupportedRequestException("It does not embed.");

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;

            private static float[] Row()
            {
                float[] row = new float[V];
                row[3] = 1;
                return row;
            }
        }
    }
}
