using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Gguf;

/// <summary>The sampling settings in a file. llama.cpp's programs read them outside libllama
/// (<c>common_init_sampler_from_model</c>, <c>common_sampler_init</c>), so a program with its own sampler has to read them itself.</summary>
/// <param name="Defaults">The values of <c>general.sampling.*</c>; null for those that the file does not have.</param>
/// <param name="Suppressed">The tokens that must never be chosen, in ascending order.</param>
/// <param name="Ignored">A message for each value that is not used.</param>
internal sealed partial record GgufSampling(SamplingOptions Defaults, IReadOnlyList<int> Suppressed, IReadOnlyList<string> Ignored)
{
    private const string Prefix = "general.sampling.";

    /// <param name="metadata">The file's metadata.</param>
    /// <param name="vocabularySize">V. Ids beyond it are left out, as in llama.cpp.</param>
    /// <exception cref="ModelFileException">The suppressed tokens are not an array of i32. llama.cpp refuses such a file, too.</exception>
    public static GgufSampling Read(GgufMetadata metadata, int vocabularySize)
    {
        var ignored = new List<string>();
        var defaults = new SamplingOptions
        {
            Temperature = Clamped("temp", 0, float.MaxValue),
            TopK = Whole("top_k", int.MinValue) is { } k ? Math.Max(0, k) : null,
            TopP = Clamped("top_p", 0, 1),
            MinP = Clamped("min_p", 0, 1),
            XtcProbability = Clamped("xtc_probability", 0, 1),
            XtcThreshold = Clamped("xtc_threshold", 0, 1),
            RepetitionPenalty = (float?)Number("penalty_repeat", "a finite number above 0", number => (float)number is > 0 and <= float.MaxValue),
            PenaltyWindow = Whole("penalty_last_n", -1),
            Mirostat = (int?)Number("mirostat", "0, 1 or 2", number => Math.Truncate(number) is >= 0 and <= 2),
            MirostatTau = (float?)Number("mirostat_tau", "a finite number of 0 or more", number => (float)number is >= 0 and <= float.MaxValue),
            MirostatEta = (float?)Number("mirostat_eta", "a finite number of 0 or more", number => (float)number is >= 0 and <= float.MaxValue),
            Samplers = metadata[Prefix + "sequence"] is { } sequence ? ReadSequence(sequence, ignored) : null,
        };
        return new GgufSampling(defaults, ReadSuppressed(metadata, vocabularySize, ignored), ignored);

        // Values outside a range mean the nearest end: a temperature of -1 is greedy, a top-p of 2 keeps all.
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

    /// <summary>The file's own samplers in order; samplers that are not named are off. As in llama.cpp, unknown names are ignored
    /// and blanks are part of a name.</summary>
    private static string? ReadSequence(GgufValue sequence, List<string> ignored)
    {
        const string Key = Prefix + "sequence";
        if (sequence.Type != GgufValueType.String)
        {
            ignored.Add($"'{Key}' is ignored: expected names of samplers, found {Describe(sequence)}.");
            return null;
        }
        string[] names = ((string)sequence.Value).Split(SamplerNames.Separator, StringSplitOptions.RemoveEmptyEntries);
        if (names.Length is 0 or > SamplerNames.Most)
        {
            ignored.Add($"'{Key}' is ignored: expected 1 to {SamplerNames.Most} names of samplers, found {names.Length}.");
            return null;
        }
        Sampler[] samplers = [.. names.Select(SamplerNames.Find).OfType<Sampler>()];
        int unknown = names.Count(name => SamplerNames.Find(name) is null && !SamplerNames.IsOff(name));
        if (unknown > 0)
        {
            ignored.Add($"{unknown} of the {names.Length} names in '{Key}' {(unknown == 1 ? "is" : "are")} ignored: this engine has no such sampler. "
                + (samplers.Length > 0 ? $"It runs {SamplerNames.Join(samplers)}." : "It runs none."));
        }
        return SamplerNames.Join(samplers);
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

    /// <summary>Reads a number as llama.cpp does, which converts every value to text and takes the number at the beginning of the text.</summary>
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
