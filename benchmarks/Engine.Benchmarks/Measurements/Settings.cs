using System.Globalization;

namespace Engine.Benchmarks.Measurements;

/// <summary>What is measured, and how often.</summary>
internal sealed record Settings
{
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Pairs of runs that take turns; the medians count.</summary>
    public int Pairs { get; init; } = 9;

    /// <summary>Tokens of the prompt whose prefill is timed.</summary>
    public int Prompt { get; init; } = 64;

    /// <summary>Tokens that are decoded in a run.</summary>
    public int Decode { get; init; } = 16;

    /// <summary>Tokens before the decoding with a long context.</summary>
    public int Context { get; init; } = 2048;

    /// <summary>Sequences of a step with several.</summary>
    public int Sequences { get; init; } = 8;

    /// <summary>A Python that has PyTorch, for the comparison of training; null to leave that out.</summary>
    public string? Python { get; init; }

    /// <summary>How the reference multiplies with quantized weights: as asked for, or in both ways.</summary>
    public IReadOnlyList<Arithmetic> Arithmetics { get; init; } = Enum.GetValues<Arithmetic>();

    public IReadOnlyList<string> Models { get; init; } = [];

    public static Settings Parse(IEnumerable<string> arguments)
    {
        var settings = new Settings();
        var models = new List<string>();
        using IEnumerator<string> rest = arguments.GetEnumerator();
        while (rest.MoveNext())
        {
            string name = rest.Current;
            settings = name switch
            {
                "--threads" => settings with { Threads = Number() },
                "--pairs" => settings with { Pairs = Number() },
                "--prompt" => settings with { Prompt = Number() },
                "--decode" => settings with { Decode = Number() },
                "--context" => settings with { Context = Number() },
                "--sequences" => settings with { Sequences = Number() },
                "--arithmetic" => settings with { Arithmetics = [OneArithmetic()] },
                "--python" => settings with { Python = Text() },
                _ when name.StartsWith('-') => throw new ConfigurationException(
                    $"Measuring: expected --threads, --pairs, --prompt, --decode, --context, --sequences, --arithmetic or --python, found '{name}'."),
                _ => settings,
            };
            if (!name.StartsWith('-'))
            {
                models.Add(File.Exists(name) ? name : throw new ConfigurationException($"Measuring: expected a GGUF file, found nothing at '{name}'. make-model writes one."));
            }

            string Text() => rest.MoveNext() ? rest.Current : throw new ConfigurationException($"Measuring: expected a value after {name}, found none.");
            Arithmetic OneArithmetic() => Enum.TryParse(Text(), ignoreCase: true, out Arithmetic one) && Enum.IsDefined(one)
                ? one : throw new ConfigurationException($"Measuring: expected exact or ggml after --arithmetic, found '{rest.Current}'.");
            int Number() => int.TryParse(Text(), NumberStyles.None, CultureInfo.InvariantCulture, out int n) && (n > 0 || name == "--context")
                ? n : throw new ConfigurationException($"Measuring: expected a number after {name}, found '{rest.Current}'.");
        }
        return settings with { Models = models };
    }
}
