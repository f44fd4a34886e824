using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Host.Tests.Telemetry;

/// <summary>A page of metrics as Prometheus reads it.</summary>
internal sealed partial class Scrape
{
    private readonly List<(string Name, Dictionary<string, string> Labels, double Value)> _samples = [];

    private Scrape(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal) && line.Split(' ') is [_, _, var name, var type])
            {
                Types[name] = type;
            }
            else if (!line.StartsWith('#'))
            {
                Match match = Sample().Match(line);
                Assert.True(match.Success, line);
                var labels = Label().Matches(match.Groups["labels"].Value).ToDictionary(label => label.Groups["name"].Value, label => label.Groups["value"].Value);
                _samples.Add((match.Groups["name"].Value, labels, double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture)));
            }
        }
    }

    public Dictionary<string, string> Types { get; } = [];

    public static async Task<Scrape> TakeAsync(HttpClient client)
    {
        using HttpResponseMessage response = await client.GetAsync(new Uri("/metrics", UriKind.Relative));
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        return new(text);
    }

    /// <summary>The sum over all samples of a name that have these labels; null if there is none.</summary>
    public double? Sum(string name, params (string Name, string Value)[] labels)
    {
        double[] values = [.. _samples.Where(one => one.Name == name && labels.All(label => one.Labels.GetValueOrDefault(label.Name) == label.Value)).Select(one => one.Value)];
        return values.Length == 0 ? null : values.Sum();
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? (?<value>\S+)( \d+)?$""")]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>[^"]*)",?""")]
    private static partial Regex Label();
}
