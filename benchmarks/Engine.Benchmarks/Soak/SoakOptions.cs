using System.Globalization;

namespace Engine.Benchmarks.Soak;

/// <summary>How long, how hard, and where to.</summary>
internal sealed record SoakOptions(string Host, double Minutes, int Workers, double Shadow, string Output)
{
    public TimeSpan Length => TimeSpan.FromMinutes(Minutes);

    public TimeSpan SampleEvery { get; } = TimeSpan.FromSeconds(5);

    public TimeSpan SwapEvery { get; } = TimeSpan.FromMinutes(1);

    public TimeSpan KillEvery { get; } = TimeSpan.FromMinutes(2);

    /// <exception cref="ConfigurationException">The arguments are invalid.</exception>
    public static SoakOptions Parse(string host, string[] arguments)
    {
        if (!File.Exists(host))
        {
            throw new ConfigurationException($"Soaking a server: expected the program's Engine.Host.dll, found nothing at '{host}'. Build src/Host and give its path.");
        }
        var options = new SoakOptions(Path.GetFullPath(host), 60, 4, 0, ".");
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : throw Wrong(arguments[i], "a value");
            options = arguments[i] switch
            {
                "--minutes" => options with { Minutes = Number(arguments[i], value) },
                "--workers" => options with { Workers = (int)Number(arguments[i], value) },
                "--shadow" => options with { Shadow = Number(arguments[i], value) },
                "--out" => options with { Output = value },
                _ => throw Wrong(arguments[i], "one of --minutes, --workers, --shadow and --out"),
            };
        }
        return options;
    }

    private static double Number(string name, string value) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out double number) && number >= 0 ? number : throw Wrong($"{name} {value}", "a number");

    private static ConfigurationException Wrong(string found, string expected) => new($"Soaking a server: expected {expected}, found '{found}'. Correct the arguments.");
}
