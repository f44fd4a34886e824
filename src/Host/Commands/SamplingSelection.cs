using System.CommandLine;
using System.Security.Cryptography;

namespace Engine.Host.Commands;

/// <summary>The options that say how the next token is chosen; defaults are those of <see cref="SamplingOptions"/>.</summary>
internal sealed class SamplingSelection
{
    private static readonly SamplingOptions Defaults = new();

    private readonly Option<float> _temperature = NumberOption.Create("--temperature", 0f, 100f, Defaults.Temperature, "Divides the logits; 0 always takes the largest.");
    private readonly Option<int> _topK = NumberOption.Create("--top-k", 0, int.MaxValue, Defaults.TopK, "Keeps the k most probable tokens; 0 keeps all.");
    private readonly Option<float> _topP = NumberOption.Create("--top-p", 0f, 1f, Defaults.TopP, "Keeps the most probable tokens that reach this probability together.");
    private readonly Option<float> _minP = NumberOption.Create("--min-p", 0f, 1f, Defaults.MinP, "Keeps tokens of at least this part of the best one's probability.");
    private readonly Option<float> _repetition = NumberOption.Create(
        "--repetition-penalty", 0.01f, 100f, Defaults.RepetitionPenalty, "Divides the logits of recent tokens; 1 is none.");
    private readonly Option<float> _presence = NumberOption.Create("--presence-penalty", -100f, 100f, Defaults.PresencePenalty, "Subtracted from each recent token.");
    private readonly Option<float> _frequency = NumberOption.Create("--frequency-penalty", -100f, 100f, Defaults.FrequencyPenalty, "Subtracted for each time a token was there.");
    private readonly Option<ulong?> _seed = NumberOption.CreateOptional("--seed", ulong.MinValue, ulong.MaxValue, "The same seed gives the same text. Default: a new one each time.");

    public void AddTo(Verb verb) => verb.AddGroup("Sampling", _temperature, _topK, _topP, _minP, _repetition, _presence, _frequency, _seed);

    /// <summary>The settings; where no seed was given, a new one that can be reported.</summary>
    public SamplingOptions Read(ParseResult parsed) => new()
    {
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        MinP = parsed.GetValue(_minP),
        RepetitionPenalty = parsed.GetValue(_repetition),
        PresencePenalty = parsed.GetValue(_presence),
        FrequencyPenalty = parsed.GetValue(_frequency),
        // Short enough to be typed again, and exact in every JSON reader.
        Seed = parsed.GetValue(_seed) ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue),
    };
}
