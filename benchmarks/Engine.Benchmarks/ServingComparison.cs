using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Engine.Sampling;

namespace Engine.Benchmarks;

/// <summary><c>engine serve</c> against llama-server: the same file, threads, slots and cells, the same requests over HTTP, in turns.</summary>
internal static class ServingComparison
{
    private const int PromptTokens = 32;
    private const int AnswerTokens = 24;
    private const int SharedTokens = 400;
    private const int WarmUps = 4;
    /// <param name="model">A decoder.</param>
    /// <param name="host">Engine.Host.dll.</param>
    /// <param name="llamaServer">The program llama-server.</param>
    /// <param name="slots">Generations side by side.</param>
    /// <param name="rounds">Requests of each client.</param>
    /// <param name="clients">How many clients, load by load; the loads with a shared prefix follow where there are several.</param>
    public static async Task RunAsync(string model, string host, string llamaServer, int slots, int rounds, int[] clients)
    {
        int cells = slots * 1024;
        string threads = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
        using ServerProcess ours = ServerProcess.Start("dotnet", port => [host, "serve", "--urls", $"http://127.0.0.1:{port}"], new()
        {
            ["Engine__Models__default__Path"] = Path.GetFullPath(model),
            ["Engine__Models__default__Slots"] = slots.ToString(CultureInfo.InvariantCulture),
            ["Engine__Models__default__ContextLength"] = "1024",
            ["Engine__Models__default__Threads"] = threads,
        });
        using ServerProcess theirs = ServerProcess.Start(llamaServer, port =>
            ["-m", Path.GetFullPath(model), "--port", $"{port}", "-np", $"{slots}", "-c", $"{cells}", "-t", threads, "--no-warmup"], []);
        await ours.WaitAsync().ConfigureAwait(false);
        await theirs.WaitAsync().ConfigureAwait(false);
        Console.WriteLine($"{Path.GetFileName(model)}, {slots} slots of 1024 tokens, {threads} threads");
        Console.WriteLine("load                          tokens/s ours  llama-server   ratio   first token p50 ours  llama-server   ratio   p95 ours  llama-server   ratio");
        var random = new Xoshiro256(7);
        foreach (ServerProcess server in new[] { ours, theirs })
        {
            // Code that is compiled while it runs, pages that are read for the first time.
            await RunAsync(server, [.. Enumerable.Range(0, WarmUps).Select(_ => (int[][])[Ids(random, PromptTokens), Ids(random, PromptTokens)])]).ConfigureAwait(false);
        }
        foreach (int count in clients)
        {
            await CompareAsync($"{count} clients, unrelated", ours, theirs, () => [.. Enumerable.Range(0, count).Select(_ => Ids(random, PromptTokens))], rounds).ConfigureAwait(false);
        }
        if (clients.Length > 1)
        {
            int[] prefix = [];
            await CompareAsync("4 at once, shared, cold", ours, theirs, () => Shared(prefix = Ids(random, SharedTokens)), 1).ConfigureAwait(false);
            await CompareAsync("4 at once, shared, warm", ours, theirs, () => Shared(prefix), 1).ConfigureAwait(false);
        }
        Console.WriteLine($"memory at the peak: ours {ours.PeakMebibytes} MiB, llama-server {theirs.PeakMebibytes} MiB");

        int[][] Shared(int[] first) => [.. Enumerable.Range(0, 4).Select(_ => (int[])[.. first, .. Ids(random, 8)])];
    }

    private static int[] Ids(Xoshiro256 random, int count) => [.. Enumerable.Range(0, count).Select(_ => 1000 + (int)(random.NextCoin() * 100_000))];

    // Each server gets the same prompts; who goes first alternates.
    private static async Task CompareAsync(string load, ServerProcess ours, ServerProcess theirs, Func<int[][]> prompts, int rounds)
    {
        var results = new Dictionary<ServerProcess, List<Load>> { [ours] = [], [theirs] = [] };
        for (int turn = 0; turn < 2; turn++)
        {
            int[][][] all = [.. Enumerable.Range(0, rounds).Select(_ => prompts())];
            foreach (ServerProcess server in turn == 0 ? new[] { ours, theirs } : [theirs, ours])
            {
                results[server].Add(await RunAsync(server, all).ConfigureAwait(false));
            }
        }
        double speed = results[ours].Average(one => one.TokensPerSecond), otherSpeed = results[theirs].Average(one => one.TokensPerSecond);
        (double first, double last) = Times(results[ours]);
        (double otherFirst, double otherLast) = Times(results[theirs]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{load,-30}{speed,13:F1}{otherSpeed,14:F1}{speed / otherSpeed,8:F2}{first,23:F2}{otherFirst,14:F2}{first / otherFirst,8:F2}{last,11:F2}{otherLast,14:F2}{last / otherLast,8:F2}"));

        static (double P50, double P95) Times(List<Load> loads)
        {
            double[] sorted = [.. loads.SelectMany(one => one.FirstTokens).Order()];
            return (sorted[sorted.Length / 2], sorted[(int)(0.95 * (sorted.Length - 1))]);
        }
    }

    /// <param name="TokensPerSecond">Of all clients together.</param>
    /// <param name="FirstTokens">Seconds from each request to its first token.</param>
    private sealed record Load(double TokensPerSecond, double[] FirstTokens);

    /// <summary>As many clients as a round has prompts, each sending its next request when its last has ended.</summary>
    private static async Task<Load> RunAsync(ServerProcess server, int[][][] rounds)
    {
        var watch = Stopwatch.StartNew();
        int tokens = 0;
        var first = new List<double>();
        await Task.WhenAll(Enumerable.Range(0, rounds[0].Length).Select(async client =>
        {
            foreach (int[][] prompts in rounds)
            {
                (double time, int count) = await SendAsync(server.Client, prompts[client]).ConfigureAwait(false);
                lock (first)
                {
                    first.Add(time);
                    tokens += count;
                }
            }
        })).ConfigureAwait(false);
        return new Load(tokens / watch.Elapsed.TotalSeconds, [.. first]);
    }

    private static async Task<(double First, int Tokens)> SendAsync(HttpClient client, int[] prompt)
    {
        var body = new { prompt, max_tokens = AnswerTokens, temperature = 0, stream = true, stream_options = new { include_usage = true } };
        long start = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/completions", UriKind.Relative)) { Content = JsonContent.Create(body) };
        request.Headers.ConnectionClose = true; // a server may close what was idle while the other one was measured
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync().ConfigureAwait(false));
        double first = 0;
        int tokens = 0;
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (!line.StartsWith("data: {", StringComparison.Ordinal))
            {
                continue;
            }
            first = first == 0 ? Stopwatch.GetElapsedTime(start).TotalSeconds : first;
            using var json = JsonDocument.Parse(line.AsMemory("data: ".Length));
            if (json.RootElement.TryGetProperty("usage", out JsonElement usage) && usage.ValueKind == JsonValueKind.Object)
            {
                tokens = usage.GetProperty("completion_tokens").GetInt32();
            }
        }
        return (first, tokens);
    }
}
