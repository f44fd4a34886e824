using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Engine.Api;
using Engine.Api.Answers;
using Engine.Api.OpenAI;
using Engine.Api.Requests;
using Engine.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Engine.Benchmarks;

/// <summary>What the HTTP API costs without a model: a scripted one answers at once. Loads come from wrk, on the same machine.</summary>
internal static partial class HttpOverhead
{
    private const int Connections = 64;
    private const int Rounds = 3;
    private const int Seconds = 4;
    private const int ShortAnswer = 8;
    private const int LongAnswer = 1000;
    private const string Chat = """{"model": "default", "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Tell me of the sea."}], "max_tokens": $, "stream": #}""";

    public static async Task RunAsync()
    {
        await AllocationsAsync().ConfigureAwait(false);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Engine:Models:default:Path"] = typeof(HttpOverhead).Assembly.Location,
            ["Engine:Models:default:Backend"] = "script",
        });
        builder.Services.AddSingleton<IModelBackend, Script>();
        builder.Services.AddEngine(builder.Configuration).AddApi(builder.Configuration);
        WebApplication app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            app.MapEngine();
            app.MapPost("/empty", () => "");
            await app.StartAsync().ConfigureAwait(false);
            string address = app.Urls.Single();
            List<double> empty = [], requests = [], tokens = [];
            // The first round is for code that is compiled while it runs.
            for (int round = 0; round <= Rounds; round++)
            {
                double a = await LoadAsync(address + "/empty", "{}").ConfigureAwait(false);
                double b = await LoadAsync(address + "/v1/chat/completions", Body(ShortAnswer, "false")).ConfigureAwait(false);
                double c = LongAnswer * await LoadAsync(address + "/v1/chat/completions", Body(LongAnswer, "true")).ConfigureAwait(false);
                if (round > 0)
                {
                    (empty, requests, tokens) = ([.. empty, a], [.. requests, b], [.. tokens, c]);
                }
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Environment.ProcessorCount} cores, {Connections} connections, medians of {Rounds}: empty endpoint {Median(empty):F0} requests/s, "
                + $"chats of {ShortAnswer} tokens {Median(requests):F0} requests/s (ratio {Median(requests) / Median(empty):F2}), streamed {Median(tokens):F0} tokens/s"));
            await app.StopAsync().ConfigureAwait(false);
        }
    }

    private static string Body(int tokens, string stream) => Chat.Replace("$", $"{tokens}", StringComparison.Ordinal).Replace("#", stream, StringComparison.Ordinal);

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>Bytes allocated for each token of a streamed answer, by two answers of different lengths.</summary>
    private static async Task AllocationsAsync()
    {
        await AllocatedAsync(LongAnswer).ConfigureAwait(false);
        long less = await AllocatedAsync(LongAnswer).ConfigureAwait(false), more = await AllocatedAsync(11 * LongAnswer).ConfigureAwait(false);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"allocated for each streamed token: {(more - less) / (10.0 * LongAnswer):F1} bytes"));
    }

    private static async Task<long> AllocatedAsync(int tokens)
    {
        var script = new Script.Model();
        GenerateRequest request = new() { Prompt = Prompt.FromText("a"), MaxTokens = tokens };
        var running = new RunningGenerations(
            "default", script, [request], new GenerationSettings(), DateTimeOffset.UnixEpoch, SideBySide.GenerateAsync(script, [request], CancellationToken.None), CancellationToken.None)
        {
            Asking = new Asking([request.Prompt], null),
        };
        var context = new DefaultHttpContext();
        context.Response.Body = Stream.Null;
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await EventStream.WriteAsync(context, new ChatFormat(running, "id", usage: true), running.Tokens, e => throw e, TimeProvider.System).ConfigureAwait(false);
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    private static async Task<double> LoadAsync(string address, string body)
    {
        string script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, $"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [=[{body}]=]\n").ConfigureAwait(false);
            using Process wrk = Process.Start(new ProcessStartInfo("wrk", ["-t", "1", "-c", $"{Connections}", "-d", $"{Seconds}s", "-s", script, address]) { RedirectStandardOutput = true })
                ?? throw new InvalidOperationException("wrk did not start.");
            string report = await wrk.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
            await wrk.WaitForExitAsync().ConfigureAwait(false);
            return !report.Contains("Non-2xx", StringComparison.Ordinal) && RequestsPerSecond.Match(report) is { Success: true } match
                ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : throw new InvalidOperationException(report);
        }
        finally
        {
            File.Delete(script);
        }
    }

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex RequestsPerSecond { get; }

    /// <summary>A backend whose models say the same words to everybody.</summary>
    private sealed class Script : IModelBackend
    {
        public string Name => "script";

        public ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default) => new(new Model());

        public sealed class Model : IModel
        {
            // Made once: what a token costs here is the API's alone.
            private static readonly GeneratedToken Word = new() { Token = 1, Text = " word", Index = 0, PromptTokens = 9 };

            public ModelCard Card { get; } = new()
            {
                Name = "script",
                Path = "script",
                Architecture = "none",
                Backend = "script",
                Device = "cpu",
                FileType = "F32",
                Parameters = 0,
                TensorBytes = 0,
                VocabularySize = 8,
                EmbeddingLength = 1,
                Layers = 0,
                ContextLength = 1 << 20,
                TrainedContextLength = 1 << 20,
                Capabilities = ModelCapabilities.Generate,
                ChatTemplates = new Dictionary<string, string> { [ModelCard.DefaultChatTemplate] = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}" },
            };

            public ITokenizer Tokenizer => throw new UnsupportedRequestException("A script has no tokenizer.");

#pragma warning disable CS1998 // It never waits, which is the point.
            public async IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
#pragma warning restore CS1998
            {
                int count = request.MaxTokens ?? ShortAnswer;
                for (int i = 1; i < count; i++)
                {
                    yield return Word;
                }
                yield return Word with { Index = count - 1, FinishReason = FinishReason.MaxTokens };
            }

            public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
                throw new UnsupportedRequestException("A script does not score.");

            public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) =>
                throw new UnsupportedRequestException("A script does not embed.");

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
