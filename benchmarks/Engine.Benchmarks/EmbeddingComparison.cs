using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Engine.LlamaCpp.Direct;
using Engine.Sampling;
using ReferenceModels;

namespace Engine.Benchmarks;

/// <summary><see cref="IModel.EmbedAsync"/> against llama-server's <c>/v1/embeddings</c>: the same encoder, threads and short texts, in turns.</summary>
internal static class EmbeddingComparison
{
    private const int Texts = 256;
    private const int Rounds = 4;

    private static readonly string[] Words = ["time", "house", "river", "the", "of", "red", "quickly", "people", "market", "a", "small", "engine", "paper", "night", "to", "run"];

    /// <param name="path">An encoder.</param>
    /// <param name="llamaServer">The program llama-server.</param>
    /// <param name="backend">What EmbedAsync runs on.</param>
    public static async Task RunAsync(string path, string llamaServer, string backend)
    {
        int threads = Environment.ProcessorCount;
        IModelBackend loader = backend == ReferenceBackend.BackendName ? new ReferenceBackend() : new LlamaCppBackend();
        await using IModel model = await loader.LoadAsync(new() { Path = path, Device = "cpu", Threads = threads }).ConfigureAwait(false);
        using ServerProcess server = ServerProcess.Start(llamaServer, port =>
            ["-m", Path.GetFullPath(path), "--embedding", "--pooling", "mean", "-t", $"{threads}", "-tb", $"{threads}", "-np", "32", "-c", "16384", "-b", "2048", "-ub", "2048", "--port", $"{port}"], []);
        await server.WaitAsync().ConfigureAwait(false);
        var random = new Xoshiro256(3);
        string[] texts = [.. Enumerable.Range(0, Texts).Select(_ => string.Join(' ', Enumerable.Range(0, 6 + (int)(random.NextCoin() * 12)).Select(_ => Words[(int)(random.NextCoin() * Words.Length)])))];
        var request = new EmbedRequest { Inputs = [.. texts.Select(Prompt.FromText)], Pooling = Pooling.Mean };
        var body = new { input = texts, model = "default" };
        (double Ours, double Theirs) best = default;
        for (int round = 0; round <= Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            await model.EmbedAsync(request).ConfigureAwait(false);
            double ours = Texts / Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            using HttpResponseMessage response = await server.Client.PostAsJsonAsync(new Uri("/v1/embeddings", UriKind.Relative), body).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            double theirs = Texts / Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (round > 0) // the first warms up
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: EmbedAsync {ours:F0} texts/s, llama-server {theirs:F0}, ratio {ours / theirs:F2}"));
                best = (Math.Max(best.Ours, ours), Math.Max(best.Theirs, theirs));
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"best of each: {best.Ours:F0} and {best.Theirs:F0}, ratio {best.Ours / best.Theirs:F2}"));
    }
}
