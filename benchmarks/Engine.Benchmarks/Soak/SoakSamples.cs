using System.Globalization;
using System.Text;

namespace Engine.Benchmarks.Soak;

/// <summary>The server at one moment.</summary>
internal sealed record SoakSample(
    double Seconds, double ServerMiB, double ChildrenMiB, double ManagedMiB, int Handles, int Threads, int Children, double Cells, double Waiting, double Running, double Swaps, double Restarts, long Requests)
{
    public const string Header = "seconds,server_mib,children_mib,managed_mib,handles,threads,children,cells,waiting,running,swaps,restarts,requests";

    /// <summary>What is plotted.</summary>
    public static IReadOnlyList<(string Title, Func<SoakSample, double> Value)> Series { get; } =
    [
        ("server, anonymous memory (MiB)", sample => sample.ServerMiB), ("children, anonymous memory (MiB)", sample => sample.ChildrenMiB), ("managed heap, committed (MiB)", sample => sample.ManagedMiB),
        ("handles", sample => sample.Handles), ("threads", sample => sample.Threads), ("children", sample => sample.Children), ("cells", sample => sample.Cells), ("waiting", sample => sample.Waiting),
        ("requests so far", sample => sample.Requests),
    ];

    public string ToLine() => string.Create(CultureInfo.InvariantCulture,
        $"{Seconds:0.0},{ServerMiB:0.0},{ChildrenMiB:0.0},{ManagedMiB:0.0},{Handles},{Threads},{Children},{Cells},{Waiting},{Running},{Swaps},{Restarts},{Requests}");
}

/// <summary>Observes the server from outside (/proc) and through its own metrics.</summary>
internal sealed class SoakSamples(SoakServer server, HttpClient client)
{
    private readonly List<SoakSample> _samples = [];

    public IReadOnlyList<SoakSample> All => _samples;

    public async Task<SoakSample> TakeAsync(double seconds, long requests)
    {
        string page = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative)).ConfigureAwait(false);
        int[] children = server.Children();
        var sample = new SoakSample(
            seconds, Status(server.Id, "RssAnon") / 1024, children.Sum(child => Status(child, "RssAnon")) / 1024, Sum(page, "dotnet_gc_last_collection_memory_committed_size_bytes") / (1 << 20),
            Directory.GetFiles($"/proc/{server.Id}/fd").Length, (int)Status(server.Id, "Threads"), children.Length,
            Sum(page, "engine_cells"), Sum(page, "engine_waiting"), Sum(page, "engine_running"), Sum(page, "engine_swaps_total"), Sum(page, "engine_child_restarts_total"), requests);
        _samples.Add(sample);
        return sample;
    }

    public void Write(string path) => File.WriteAllLines(path, [SoakSample.Header, .. _samples.Select(sample => sample.ToLine())]);

    /// <summary>How much a value grows in an hour, by the line of least squares through the samples of the second half.</summary>
    public double GrowthPerHour(Func<SoakSample, double> value)
    {
        SoakSample[] half = [.. _samples.Skip(_samples.Count / 2)];
        double meanTime = half.Average(sample => sample.Seconds), mean = half.Average(value);
        double variance = half.Sum(sample => (sample.Seconds - meanTime) * (sample.Seconds - meanTime));
        return variance == 0 ? 0 : half.Sum(sample => (sample.Seconds - meanTime) * (value(sample) - mean)) / variance * 3600;
    }

    private static double Sum(string page, string name)
    {
        double sum = 0;
        foreach (string line in page.Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ')
            {
                sum += double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
            }
        }
        return sum;
    }

    /// <summary>A line of /proc/ID/status, in its own unit; 0 if the process has ended.</summary>
    private static double Status(int process, string key)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(key + ":", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line[(key.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

/// <summary>The samples as panels one below the other.</summary>
internal static class SoakPlot
{
    private const int Width = 900, Height = 90, Left = 70, Gap = 34;

    public static void Write(string path, IReadOnlyList<SoakSample> samples)
    {
        double end = Math.Max(1, samples[^1].Seconds);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width + Left + 20}" height="{(SoakSample.Series.Count * (Height + Gap)) + 20}" font-family="sans-serif" font-size="12">""");
        svg.Append("""<rect width="100%" height="100%" fill="white"/>""");
        foreach ((int i, (string title, Func<SoakSample, double> value)) in SoakSample.Series.Index())
        {
            double top = Math.Max(1e-9, samples.Max(value));
            int y = (i * (Height + Gap)) + 24;
            svg.Append(CultureInfo.InvariantCulture, $"""<text x="{Left}" y="{y - 6}">{title}</text><text x="{Left - 6}" y="{y + 10}" text-anchor="end">{top:0.#}</text><text x="{Left - 6}" y="{y + Height}" text-anchor="end">0</text>""");
            svg.Append(CultureInfo.InvariantCulture, $"""<rect x="{Left}" y="{y}" width="{Width}" height="{Height}" fill="none" stroke="#ccc"/><polyline fill="none" stroke="#06c" points="{string.Join(' ', samples.Select(Point))}"/>""");

            string Point(SoakSample sample) => string.Create(CultureInfo.InvariantCulture, $"{Left + (sample.Seconds / end * Width):0.0},{y + Height - (value(sample) / top * Height):0.0}");
        }
        svg.Append(CultureInfo.InvariantCulture, $"""<text x="{Left + Width}" y="{(SoakSample.Series.Count * (Height + Gap)) + 14}" text-anchor="end">{end / 60:0.0} minutes</text></svg>""");
        File.WriteAllText(path, svg.ToString());
    }
}
