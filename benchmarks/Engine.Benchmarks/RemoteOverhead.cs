using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Engine.BuiltIn;
using Engine.Registry;
using Engine.Remote;
using Engine.Remote.Client;
using Engine.Remote.Protocol;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ReferenceModels;

namespace Engine.Benchmarks;

/// <summary>What a model in another process costs beside one in this, over a Unix socket: a streamed token's latency and processor time, and the speed of rows
/// of logits beside that of a bare gRPC stream of the same bytes. The model is scripted: nothing is computed.</summary>
internal static class RemoteOverhead
{
    private const int V = 128_256;
    private const int BlockRows = 16;
    private const int Rows = 512;
    private const int Tokens = 600;
    private const int Rounds = 5;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);

    public static async Task RunAsync()
    {
        using var folder = new TemporaryDirectory();
        string socket = Path.Combine(folder.Path, "engine.sock"), bare = Path.Combine(folder.Path, "bare.sock");
        using Process server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. Arguments(), "remote-server", socket, bare]) { RedirectStandardOutput = true })!;
        try
        {
            await server.StandardOutput.ReadLineAsync().ConfigureAwait(false); // it listens
            IModel near = new Script();
            IModel far = await new RemoteBackend().LoadAsync(new() { Endpoint = "unix:" + socket }).ConfigureAwait(false);
            using var connection = new RemoteConnection(RemoteAddress.Parse("unix:" + bare, allowUnencrypted: false), key: null, certificateFile: null);
            await using (far.ConfigureAwait(false))
            {
                await TokensAsync(near, far, connection.Calls, server).ConfigureAwait(false);
                await RowsAsync(far, connection.Calls).ConfigureAwait(false);
            }
            near = await new ReferenceBackend().LoadAsync(Stories).ConfigureAwait(false);
            far = await new RemoteBackend().LoadAsync(new() { Endpoint = "unix:" + socket, RemoteModel = "stories" }).ConfigureAwait(false);
            await StoriesAsync(near, far, server).ConfigureAwait(false);
        }
        finally
        {
            server.Kill();
        }
    }

    /// <summary>The other process: serves until it is ended.</summary>
    public static async Task ServeAsync(string socket, string bare)
    {
        WebApplication models = Build(socket, services =>
        {
            services.AddEngine(new ConfigurationBuilder().Build()).AddReferenceModels().AddRemoteModels();
            services.AddSingleton<IModelBackend, ScriptBackend>();
            services.Configure<EngineOptions>(options =>
            {
                options.Models[EngineOptions.DefaultModelName] = new() { Path = typeof(RemoteOverhead).Assembly.Location, Backend = "script" };
                options.Models["stories"] = Stories;
            });
        });
        models.MapRemoteModels();
        WebApplication bytes = Build(bare, services => services.AddGrpc(options => options.MaxSendMessageSize = null));
        bytes.MapGrpcService<BareService>();
        await models.StartAsync().ConfigureAwait(false);
        await bytes.StartAsync().ConfigureAwait(false);
        Console.WriteLine("ready");
        await models.WaitForShutdownAsync().ConfigureAwait(false);
    }

    private static async Task TokensAsync(IModel near, IModel far, Models.ModelsClient bare, Process server)
    {
        Console.WriteLine(FormattableString.Invariant($"{Tokens} tokens in a stream, one each {Pace.TotalMilliseconds} ms; medians of {Rounds} rounds; processor time of both processes for a token"));
        foreach (int streams in new[] { 1, 16 })
        {
            var rounds = new List<((double Latency, double Cpu) Near, (double Latency, double Cpu) Bare, (double Latency, double Cpu) Far)>();
            for (int round = 0; round <= Rounds; round++)
            {
                rounds.Add((
                    await StreamAsync(streams, request => near.GenerateAsync(request).Select(token => token.Elapsed.Ticks), server).ConfigureAwait(false),
                    await StreamAsync(streams, request => BareAsync(bare, request).Select(token => token.Elapsed), server).ConfigureAwait(false),
                    await StreamAsync(streams, request => far.GenerateAsync(request).Select(token => token.Elapsed.Ticks), server).ConfigureAwait(false)));
            }
            rounds.RemoveAt(0); // in which code is compiled while it runs
            string Row(Func<((double Latency, double Cpu) Near, (double Latency, double Cpu) Bare, (double Latency, double Cpu) Far), (double Latency, double Cpu)> which) => FormattableString.Invariant(
                $"latency {Median(rounds.Select(round => which(round).Latency)),6:0} µs, processor {Median(rounds.Select(round => which(round).Cpu)),6:0} µs");
            Console.WriteLine($"  {streams,2} at once   in process       {Row(round => round.Near)}");
            Console.WriteLine($"               bare gRPC stream {Row(round => round.Bare)}");
            Console.WriteLine($"               remote model     {Row(round => round.Far)}");
            Console.WriteLine(FormattableString.Invariant(
                $"               more processor time: than in process {Median(rounds.Select(round => round.Far.Cpu - round.Near.Cpu)):0} µs, than the bare stream {Median(rounds.Select(round => round.Far.Cpu - round.Bare.Cpu)):0} µs"));
        }
        foreach ((string name, IModel model) in new[] { ("in process", near), ("remote model", far) })
        {
            const int many = 50_000;
            var request = new GenerateRequest { Prompt = Prompt.FromTokens([1]), MaxTokens = many, TopK = 1 };
            await model.GenerateAsync(request).CountAsync().ConfigureAwait(false);
            TimeSpan cpu = CpuOf(server);
            long start = Stopwatch.GetTimestamp();
            await model.GenerateAsync(request).CountAsync().ConfigureAwait(false);
            Console.WriteLine(FormattableString.Invariant(
                $"  as fast as they come, {name,-12} {many / Stopwatch.GetElapsedTime(start).TotalSeconds,10:0} tokens/s, processor {(CpuOf(server) - cpu).TotalMicroseconds / many:0.0} µs"));
        }
    }

    private static async Task StoriesAsync(IModel near, IModel far, Process server)
    {
        List<double> extra = [], speeds = [];
        for (int round = 0; round <= 2 * Rounds; round++)
        {
            (double nearCpu, double nearTime) = await MeasureAsync(near).ConfigureAwait(false);
            (double farCpu, double farTime) = await MeasureAsync(far).ConfigureAwait(false);
            if (round > 0)
            {
                extra.Add(farCpu - nearCpu);
                speeds.Add(nearTime / farTime);
            }
        }
        Console.WriteLine(FormattableString.Invariant($"builtin:llama-stories on one thread: {Median(extra):0} µs of processor time more for a token, {Median(speeds):0.00} of the speed in process"));

        async Task<(double Cpu, double Time)> MeasureAsync(IModel model)
        {
            var request = new GenerateRequest { Prompt = Prompt.FromText("Once upon a time"), MaxTokens = 200, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true };
            TimeSpan cpu = CpuOf(server);
            long start = Stopwatch.GetTimestamp();
            int count = await model.GenerateAsync(request).CountAsync().ConfigureAwait(false);
            return ((CpuOf(server) - cpu).TotalMicroseconds / count, Stopwatch.GetElapsedTime(start).TotalMicroseconds / count);
        }
    }

    private static ModelOptions Stories => new() { Path = DefaultModel.Find()!, Backend = ReferenceBackend.BackendName, Threads = 1, ContextLength = 256 };

    /// <summary>The median latency of a token, and the processor time of both processes for each, in microseconds.</summary>
    /// <param name="streams">How many at once.</param>
    /// <param name="send">Gives the time at which each token was made: on Linux, the clock is the same in all processes.</param>
    /// <param name="server">The other process.</param>
    private static async Task<(double Latency, double Cpu)> StreamAsync(int streams, Func<GenerateRequest, IAsyncEnumerable<long>> send, Process server)
    {
        TimeSpan cpu = CpuOf(server);
        List<double>[] latencies = await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => Task.Run(async () =>
        {
            var own = new List<double>(Tokens);
            await foreach (long made in send(new() { Prompt = Prompt.FromTokens([1]), MaxTokens = Tokens, TopK = 0 }).ConfigureAwait(false))
            {
                own.Add(Stopwatch.GetElapsedTime(made).TotalMicroseconds);
            }
            return own;
        }))).ConfigureAwait(false);
        return (Median(latencies.SelectMany(own => own)), (CpuOf(server) - cpu).TotalMicroseconds / (streams * Tokens));
    }

    private static async IAsyncEnumerable<TokenPart> BareAsync(Models.ModelsClient client, GenerateRequest request)
    {
        using AsyncServerStreamingCall<TokenPart> parts = client.Generate(Calls.Of(request, new ModelReference()));
        while (await parts.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
        {
            yield return parts.ResponseStream.Current;
        }
    }

    private static async Task RowsAsync(IModel far, Models.ModelsClient client)
    {
        List<double> bare = [], ours = [], ratios = [];
        for (int round = 0; round <= Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            long bytes = 0;
            using (AsyncServerStreamingCall<AnswerPart> parts = client.Embed(new EmbedCall()))
            {
                while (await parts.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
                {
                    bytes += parts.ResponseStream.Current.Values.Length;
                }
            }
            double plain = bytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6;
            start = Stopwatch.GetTimestamp();
            long numbers = 0;
            await foreach (ScoreBlock block in far.ScoreAsync(new() { Tokens = Prompt.FromTokens([1]), BlockRows = BlockRows }).ConfigureAwait(false))
            {
                numbers += block.Logits!.LongLength;
            }
            double model = numbers * sizeof(float) / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6;
            Debug.Assert(bytes == numbers * sizeof(float), "the same bytes");
            if (round > 0)
            {
                bare.Add(plain);
                ours.Add(model);
                ratios.Add(model / plain);
            }
        }
        Console.WriteLine(FormattableString.Invariant($"{Rows} rows of {V:N0} logits, {Rounds} rounds, medians"));
        Console.WriteLine(FormattableString.Invariant($"  bare stream of bytes {Median(bare):0} MB/s   scores {Median(ours):0} MB/s   ratio {Median(ratios):0.00} ({ratios.Min():0.00} to {ratios.Max():0.00})"));
    }

    private static TimeSpan CpuOf(Process server)
    {
        server.Refresh();
        using Process own = Process.GetCurrentProcess();
        return server.TotalProcessorTime + own.TotalProcessorTime;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToArray() is { } ordered ? ordered[ordered.Length / 2] : 0;

    private static string[] Arguments() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(RemoteOverhead).Assembly.Location] : [];

    private static WebApplication Build(string socket, Action<IServiceCollection> register)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        register(builder.Services);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
        return builder.Build();
    }

    private sealed class TemporaryDirectory : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("engine-benchmark-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    /// <summary>The same tokens, and the same bytes as the scores', without a model.</summary>
    private sealed class BareService : Models.ModelsBase
    {
        private static readonly Script Script = new();

        public override async Task Generate(GenerateCall request, IServerStreamWriter<TokenPart> responseStream, ServerCallContext context)
        {
            await foreach (GeneratedToken token in Script.GenerateAsync(Requests.Of(request), context.CancellationToken).ConfigureAwait(false))
            {
                await responseStream.WriteAsync(Answers.Of(token)).ConfigureAwait(false);
            }
        }

        public override async Task Embed(EmbedCall request, IServerStreamWriter<AnswerPart> responseStream, ServerCallContext context)
        {
            for (int row = 0; row < Rows; row++)
            {
                await responseStream.WriteAsync(new AnswerPart { Values = FloatBytes.Wrap(RemoteOverhead.Script.Block, row % BlockRows * V, V) }).ConfigureAwait(false);
            }
        }
    }

    private sealed class ScriptBackend : IModelBackend
    {
        public string Name => "script";

        public ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default) => ValueTask.FromResult<IModel>(new Script());
    }

    private sealed class Script : IModel, ITokenizer
    {
        public static float[] Block { get; } = [.. Enumerable.Range(0, BlockRows * V).Select(i => (float)i)];

        public ModelCard Card { get; } = new()
        {
            Name = "script",
            Path = "",
            Architecture = "none",
            Backend = "script",
            Device = "cpu",
            FileType = "F32",
            Parameters = 0,
            TensorBytes = 0,
            VocabularySize = V,
            EmbeddingLength = 1,
            Layers = 0,
            ContextLength = 1 << 20,
            TrainedContextLength = 1 << 20,
            Capabilities = ModelCapabilities.Generate | ModelCapabilities.Score,
        };

        public ITokenizer Tokenizer => this;

        public int VocabularySize => V;

        public int? BeginningOfSequence => null;

        public int? EndOfSequence => null;

        /// <summary>A token at each <see cref="Pace"/>, or with a <see cref="GenerateRequest.TopK"/> as fast as it can.</summary>
        public async IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            using var timer = request.TopK == 0 ? new PeriodicTimer(Pace) : null;
            for (int i = 0; i < request.MaxTokens; i++)
            {
                if (timer is not null)
                {
                    await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
                }
                yield return new GeneratedToken { Token = i % V, Text = " word", Index = i, PromptTokens = 1, Elapsed = new TimeSpan(Stopwatch.GetTimestamp()) };
            }
        }

        public async IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask.ConfigureAwait(false);
            for (int row = 0; row < Rows; row += BlockRows)
            {
                yield return new ScoreBlock { FirstPosition = row, Rows = BlockRows, Vocabulary = V, Logits = Block };
            }
        }

        public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public bool IsEndOfGeneration(int token) => false;

        public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) => [];

        public ReadOnlyMemory<byte> GetBytes(int token) => "word"u8.ToArray();

        public string GetPiece(int token) => token.ToString(CultureInfo.InvariantCulture);

        public string Decode(IEnumerable<int> tokens) => "";

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
