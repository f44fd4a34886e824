using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Gguf;

/// <summary>How the author of a file wants its tokens chosen: what llama.cpp's programs take from a file beyond libllama
/// (<c>common_init_sampler_from_model</c>, <c>common_sampler_init</c>), and what a program with its own sampler has to take itself.</summary>
/// <param name="Defaults">The values of <c>general.sampling.*</c>; null where the file is silent.</param>
/// <param name="Suppressed">Tokens that must never be drawn, in ascending order.</param>
/// <param name="Ignored">A sentence for each value that is not used.</param>
internal sealed partial record GgufSampling(SamplingOptions Defaults, IReadOnlyList<int> Suppressed, IReadOnlyList<string> Ignored)
{
    private const string Prefix = "general.sampling.";

    private static readonly string[] Order = ["penalties", "top_k", "top_p", "min_p", "temperature"];

    /// <param name="metadata">The file's.</param>
    /// <param name="vocabularySize">V: as llama.cpp does, ids beyond it are left out.</param>
    /// <exception cref="ModelFileException">The suppressed tokens are not an array of i32; llama.cpp refuses the file, too.</exception>
    public static GgufSampling Read(GgufMetadata metadata, int vocabularySize)
    {
        var ignored = new List<string>();
        var defaults = new SamplingOptions
        {
            Temperature = Clamped("temp", 0, float.MaxValue),
            TopK = Whole("top_k", int.MinValue) is { } k ? Math.Max(0, k) : null,
            TopP = Clamped("top_p", 0, 1),
            MinP = Clamped("min_p", 0, 1),
            RepetitionPenalty = (float?)Number("penalty_repeat", "a finite number above 0", number => (float)number is > 0 and <= float.MaxValue),
            PenaltyWindow = Whole("penalty_last_n", -1),
        };
        if (metadata[Prefix + "sequence"] is { } sequence)
        {
            defaults = Ordered(defaults, sequence, ignored);
        }
        // Samplers of llama.cpp's that choose in another way, each off at 0.
        foreach (string other in (string[])["xtc_probability", "mirostat"])
        {
            if (Number(other, "a finite number", double.IsFinite) is { } asked && asked != 0)
            {
                ignored.Add($"'{Prefix}{other}' is ignored: this engine has no such sampler.");
            }
        }
        return new GgufSampling(defaults, ReadSuppressed(metadata, vocabularySize, ignored), ignored);

        // What lies outside a range has the meaning of its end: a temperature of -1 is greedy, a top-p of 2 keeps all.
        float? Clamped(string name, float least, float most) =>
            Number(name, "a finite number", number => float.IsFinite((float)number)) is { } number ? Math.Clamp((float)number, least, most) : null;

        int? Whole(string name, int least) =>
            (int?)Number(name, $"a whole number from {least} on", number => Math.Truncate(number) >= least && number <= int.MaxValue);

        double? Number(string name, string expected, Func<double, bool> holds)
        {
            if (metadata[Prefix + name] is not { } value)
            {
                return null;
            }
            if (ReadNumber(value) is { } number && holds(number))
            {
                return number;
            }
            ignored.Add($"'{Prefix}{name}' is ignored: expected {expected}, found {Describe(value)}.");
            return null;
        }
    }

    /// <summary>The file's own chain of samplers: one that is not in it is off. The order of those that are is ours, which is llama.cpp's
    /// where a file has none.</summary>
    private static SamplingOptions Ordered(SamplingOptions defaults, GgufValue sequence, List<string> ignored)
    {
        string[] names = sequence.Type == GgufValueType.String
            ? [.. ((string)sequence.Value).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(Order.Contains)]
            : [];
        if (names.Length == 0 || !names.SequenceEqual(Order.Where(names.Contains)))
        {
            ignored.Add($"'{Prefix}sequence' is ignored: expected samplers in the order {string.Join(';', Order)}, found {(names.Length == 0 ? "none of these" : string.Join(';', names))}.");
            return defaults;
        }
        return defaults with
        {
            RepetitionPenalty = names.Contains("penalties") ? defaults.RepetitionPenalty : 1,
            FrequencyPenalty = names.Contains("penalties") ? defaults.FrequencyPenalty : 0,
            PresencePenalty = names.Contains("penalties") ? defaults.PresencePenalty : 0,
            TopK = names.Contains("top_k") ? defaults.TopK : 0,
            TopP = names.Contains("top_p") ? defaults.TopP : 1,
            MinP = names.Contains("min_p") ? defaults.MinP : 0,
            Temperature = names.Contains("temperature") ? defaults.Temperature : 1,
        };
    }

    private static int[] ReadSuppressed(GgufMetadata metadata, int vocabularySize, List<string> ignored)
    {
        const string Key = GgufKeys.SuppressedTokens;
        if (metadata[Key] is not { } value)
        {
            return [];
        }
        if (value.ArrayOf<int>() is not { } ids)
        {
            throw metadata.Refuse(Key, "an array of Int32", Describe(value));
        }
        int[] unknown = [.. ids.Where(id => (uint)id >= (uint)vocabularySize)];
        if (unknown.Length > 0)
        {
            ignored.Add($"{unknown.Length} of the {ids.Length} ids in '{Key}' are ignored: expected tokens from 0 to {vocabularySize - 1}, found {unknown[0]}.");
        }
        return [.. ids.Except(unknown).Order()];
    }

    /// <summary>llama.cpp reads every value as text, and of a text the number that it begins with.</summary>
    private static double? ReadNumber(GgufValue value) => value.Type switch
    {
        GgufValueType.Array or GgufValueType.Bool => null,
        GgufValueType.String => FirstNumber().Match((string)value.Value) is { Success: true } match ? double.Parse(match.Value, CultureInfo.InvariantCulture) : null,
        _ => Convert.ToDouble(value.Value, CultureInfo.InvariantCulture),
    };

    private static string Describe(GgufValue value) => value.Type switch
    {
        GgufValueType.Array => $"an array of {value.ElementType}",
        GgufValueType.String => "a text",
        _ => Convert.ToString(value.Value, CultureInfo.InvariantCulture)!,
    };

    [GeneratedRegex(@"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", RegexOptions.CultureInvariant)]
    private static partial Regex FirstNumber();
}
