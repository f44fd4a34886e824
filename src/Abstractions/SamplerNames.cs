namespace Engine;

/// <summary>One step between the logits and the draw.</summary>
internal enum Sampler
{
    Penalties,
    TopK,
    TopP,
    MinP,
    Xtc,
    Temperature,
}

/// <summary>The names that llama.cpp v0.5.0 gives its samplers, and the other ways of writing them that it reads.</summary>
internal static class SamplerNames
{
    /// <summary>Separates two names.</summary>
    public const char Separator = ';';

    /// <summary>The maximum number of names in a sequence: each costs time for every token.</summary>
    public const int Most = 64;

    private const int LongestShown = 40;

    /// <summary>In llama.cpp's order, which is the default.</summary>
    private static readonly string[] Names = ["penalties", "top_k", "top_p", "min_p", "xtc", "temperature"];

    // Without parameters of their own, which no file has, these change nothing in llama.cpp either.
    private static readonly string[] OffNames = ["dry", "top_n_sigma", "typ_p", "adaptive_p"];

    private static readonly Dictionary<string, Sampler> Known = Spellings(Names.Index().Select(entry => (entry.Item, (Sampler)entry.Index)), ("nucleus", Sampler.TopP), ("temp", Sampler.Temperature));

    private static readonly Dictionary<string, bool> Off = Spellings(OffNames.Select(name => (name, true)), ("typ", true));

    /// <summary>All samplers in llama.cpp's order, as <see cref="SamplingOptions.Samplers"/> writes them.</summary>
    public static string Default { get; } = Join(Enum.GetValues<Sampler>());

    public static string Join(IEnumerable<Sampler> samplers) => string.Join(Separator, samplers.Select(sampler => Names[(int)sampler]));

    /// <summary>Describes a valid sequence, for messages.</summary>
    public static string Expected { get; } = $"samplers ({string.Join(Separator, Names)}), at most {Most}";

    /// <summary>What is wrong with a sequence; null if nothing is.</summary>
    public static string? Fault(string sequence)
    {
        string[] names = Split(sequence);
        return names.Length > Most ? $"{names.Length} names"
            : names.FirstOrDefault(name => Find(name) is null) is { } unknown ? $"'{(unknown.Length <= LongestShown ? unknown : unknown[..LongestShown] + "…")}'"
            : null;
    }

    /// <summary>The sampler of a name; null if there is none.</summary>
    public static Sampler? Find(string name) => Known.TryGetValue(name, out Sampler sampler) ? sampler : null;

    /// <summary>Whether llama.cpp has a sampler of this name that does nothing if only a file speaks.</summary>
    public static bool IsOff(string name) => Off.ContainsKey(name);

    /// <summary>The names of a sequence.</summary>
    public static string[] Split(string sequence) => sequence.Split(Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The samplers of a checked sequence.</summary>
    public static Sampler[] Parse(string sequence) => [.. Split(sequence).Select(name => Known[name])];

    /// <summary>Case is ignored; top_k may also be spelled top-k or topk.</summary>
    private static Dictionary<string, T> Spellings<T>(IEnumerable<(string Name, T Value)> canonical, params (string Name, T Value)[] others)
    {
        var spellings = others.ToDictionary(other => other.Name, other => other.Value, StringComparer.OrdinalIgnoreCase);
        foreach ((string name, T value) in canonical)
        {
            spellings[name] = value;
            spellings[name.Replace('_', '-')] = value;
            spellings[name.Replace("_", "", StringComparison.Ordinal)] = value;
        }
        return spellings;
    }
}
