using System.Diagnostics;
using System.Globalization;

namespace Engine.Benchmarks.Soak;

/// <summary>Hours of mixed load on the real server, while models are swapped and processes killed; then: was anything lost, did anything leak?</summary>
internal static class SoakRun
{
    /// <summary>Runs shorter than this say too little of memory to judge it.</summary>
    private const double MinMinutes = 20;

    /// <summary>MiB that memory may grow by in an hour: the noise of a heap, far below what a leak of a few hundred bytes a request comes to.</summary>
    private const double MaxGrowth = 24;

    /// <summary>Handles that may be added in an hour: connections come and go, and one that leaked with each kill of a process would be 30, with each swap 60.</summary>
    private const double MaxHandles = 10;

    /// <returns>0 if all checks hold.</returns>
    public static async Task<int> RunAsync(SoakOptions options)
    {
        Directory.CreateDirectory(options.Output);
        using var server = new SoakServer(options);
        await server.StartedAsync().ConfigureAwait(false);
        using var observer = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(30) };
        var samples = new SoakSamples(server, observer);
        await samples.TakeAsync(0, 0).ConfigureAwait(false);
        SoakLoad load = await LoadAsync(options, server, samples).ConfigureAwait(false);
        SoakSample end = await SettleAsync(samples, options, load).ConfigureAwait(false);
        (int exitCode, int[] left) = await server.StopAsync().ConfigureAwait(false);

        samples.Write(Path.Combine(options.Output, "soak.csv"));
        SoakPlot.Write(Path.Combine(options.Output, "soak.svg"), samples.All);
        List<string> report = [.. Figures(options, server, samples, load)];
        (string What, bool? Holds)[] checks =
        [
            ("every request ended with an answer, by its client, or with an error that explains itself", load.Losses.IsEmpty),
            ($"cells, waiting and running are zero at the end ({end.Cells}, {end.Waiting}, {end.Running})", (end.Cells, end.Waiting, end.Running) == (0, 0, 0)),
            ($"handles grow by less than {MaxHandles} an hour ({samples.GrowthPerHour(sample => sample.Handles):0.0})",
                options.Minutes < MinMinutes ? null : samples.GrowthPerHour(sample => sample.Handles) < MaxHandles),
            ($"one child lives at the end ({end.Children}), and none after the stop ({left.Length})", end.Children == 1 && left.Length == 0),
            ($"every kill led to a restart ({server.Kills} → {end.Restarts})", end.Restarts == server.Kills),
            ($"every change of the configuration was taken over ({server.Swaps} → {end.Swaps})", end.Swaps == server.Swaps),
            ($"the server ended with exit code 0 ({exitCode})", exitCode == 0),
            .. SoakSample.Series.Take(3).Select(series => ($"{series.Title} grows by less than {MaxGrowth} an hour ({samples.GrowthPerHour(series.Value):0.0})",
                options.Minutes < MinMinutes ? (bool?)null : samples.GrowthPerHour(series.Value) < MaxGrowth)),
        ];
        report.AddRange(checks.Select(check => $"{(check.Holds switch { true => "holds", false => "FAILS", null => "not judged, too short" })}: {check.What}"));
        report.AddRange(load.Losses.Take(20).Select(loss => $"lost: {loss}"));
        report.AddRange(server.Errors.Take(20).Select(error => $"log: {error}"));
        await File.WriteAllLinesAsync(Path.Combine(options.Output, "soak.txt"), report).ConfigureAwait(false);
        report.ForEach(Console.WriteLine);
        return checks.All(check => check.Holds != false) ? 0 : 1;
    }

    private static async Task<SoakLoad> LoadAsync(SoakOptions options, SoakServer server, SoakSamples samples)
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = options.Workers * 4 };
        using var client = new HttpClient(handler) { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
        var load = new SoakLoad(server, client);
        using var stop = new CancellationTokenSource();
        Task[] workers = [.. Enumerable.Range(0, options.Workers).Select(seed => Task.Run(() => load.RunAsync(seed, stop.Token))), Task.Run(() => load.RunRemoteAsync(options.Workers, stop.Token))];
        var time = Stopwatch.StartNew();
        TimeSpan sample = options.SampleEvery, swap = options.SwapEvery, kill = options.KillEvery;
        // The last minute brings neither: what was asked of the server has the time to happen.
        while (time.Elapsed < options.Length)
        {
            await Task.Delay(250).ConfigureAwait(false);
            if (time.Elapsed >= swap && time.Elapsed < options.Length - TimeSpan.FromSeconds(30))
            {
                server.Swap();
                swap += options.SwapEvery;
            }
            if (time.Elapsed >= kill && time.Elapsed < options.Length - TimeSpan.FromSeconds(30))
            {
                server.KillChild();
                kill += options.KillEvery;
            }
            if (time.Elapsed >= sample)
            {
                SoakSample taken = await samples.TakeAsync(time.Elapsed.TotalSeconds, load.Ended).ConfigureAwait(false);
                sample += options.SampleEvery;
                Console.Error.WriteLine(taken.ToLine());
            }
        }
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(workers).ConfigureAwait(false);
        return load;
    }

    /// <summary>Waits for what the server does after the last request: reports of its child, connections that close.</summary>
    private static async Task<SoakSample> SettleAsync(SoakSamples samples, SoakOptions options, SoakLoad load)
    {
        SoakSample sample;
        var waited = Stopwatch.StartNew();
        do
        {
            await Task.Delay(2000).ConfigureAwait(false);
            sample = await samples.TakeAsync(options.Length.TotalSeconds + waited.Elapsed.TotalSeconds, load.Ended).ConfigureAwait(false);
        }
        while (waited.Elapsed < TimeSpan.FromSeconds(20) && (sample.Cells, sample.Running) != (0, 0));
        return sample;
    }

    private static IEnumerable<string> Figures(SoakOptions options, SoakServer server, SoakSamples samples, SoakLoad load)
    {
        double[] seconds = [.. load.Seconds.Order()];
        yield return string.Create(CultureInfo.InvariantCulture, $"{options.Minutes} minutes, {options.Workers} clients over HTTP and one over gRPC, shadow rate {options.Shadow}: {load.Ended} requests, {server.Swaps} swaps, {server.Kills} kills");
        if (seconds.Length > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"answers over HTTP: median {seconds[seconds.Length / 2]:0.000} s, p95 {seconds[seconds.Length * 95 / 100]:0.000} s, longest {seconds[^1]:0.000} s");
        }
        foreach (var door in load.Tally.GroupBy(one => one.Key.Door).OrderBy(door => door.Key, StringComparer.Ordinal))
        {
            yield return $"{door.Key}: {string.Join(", ", Enum.GetValues<Outcome>().Select(outcome => $"{door.Where(one => one.Key.Outcome == outcome).Sum(one => one.Value)} {outcome.ToString().ToLowerInvariant()}"))}";
        }
        foreach ((string title, Func<SoakSample, double> value) in SoakSample.Series.Take(5))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{title}: {value(samples.All[0]):0.#} idle, {samples.All.Average(value):0.#} in the mean, {samples.All.Max(value):0.#} at most, {value(samples.All[^1]):0.#} at the end");
        }
    }
}
