using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Engine.Host.Commands.Generating;

/// <summary>The options that say how the next token is chosen. What is not given comes from the model's file, or else
/// from <see cref="SamplingOptions.Default"/>.</summary>
internal sealed class SamplingOptionGroup
{
    private static readonly SamplingOptions Default = SamplingOptions.Default;

    private readonly Option<float?> _temperature = Optional("--temperature", 0f, 100f, "Divides the logits; 0 always takes the largest.", Default.Temperature);
    private readonly Option<int?> _topK = Optional("--top-k", 0, int.MaxValue, "Keeps the k most probable tokens; 0 keeps all.", Default.TopK);
    private readonly Option<float?> _topP = Optional("--top-p", 0f, 1f, "Keeps the most probable tokens that reach this probability together.", Default.TopP);
    private readonly Option<float?> _minP = Optional("--min-p", 0f, 1f, "Keeps tokens of at least this fraction of the best one's probability.", Default.MinP);
    private readonly Option<float?> _repetition = Optional(
        "--repetition-penalty", 0.01f, 100f, "Divides the logits of recent tokens; 1 turns it off.", Default.RepetitionPenalty);
    private readonly Option<float?> _presence = Optional("--presence-penalty", -100f, 100f, "Subtracted from each recent token.", Default.PresencePenalty);
    private readonly Option<float?> _frequency = Optional("--frequency-penalty", -100f, 100f, "Subtracted for each time a token occurred.", Default.FrequencyPenalty);
    private readonly Option<float?> _xtcProbability = Optional(
        "--xtc-probability", 0f, 1f, "How often XTC removes all likely tokens but the least likely of them.", Default.XtcProbability);
    private readonly Option<float?> _xtcThreshold = Optional(
        "--xtc-threshold", 0f, 1f, "The probability from which XTC considers a token likely; above 0.5 it is off.", Default.XtcThreshold);
    private readonly Option<int?> _mirostat = Optional(
        "--mirostat", 0, 2, "1 or 2 keeps the surprise of the text near a target, in place of all samplers but the temperature; 0 is off.", Default.Mirostat);
    private readonly Option<float?> _mirostatTau = Optional("--mirostat-tau", 0f, 100f, "Mirostat's target, in bits per token.", Default.MirostatTau);
    private readonly Option<float?> _mirostatEta = Optional("--mirostat-eta", 0f, 10f, "How fast Mirostat corrects itself.", Default.MirostatEta);
    private readonly Option<string?> _samplers = new("--samplers")
    {
        HelpName = "NAMES",
        Description = $"The samplers that run, in their order. Default: the model's, or {Default.Samplers}.",
        CustomParser = ParseSamplers,
    };
    private readonly Option<ulong?> _seed = NumberOption.CreateOptional("--seed", ulong.MinValue, ulong.MaxValue, "The same seed gives the same text. Default: a new one each time.");

    public void AddTo(Verb verb) => verb.AddGroup(
        "Sampling", _temperature, _topK, _topP, _minP, _repetition, _presence, _frequency,
        _xtcProbability, _xtcThreshold, _mirostat, _mirostatTau, _mirostatEta, _samplers, _seed);

    /// <summary>The settings; without a given seed, with a new one that can be reported.</summary>
    public SamplingOptions Read(ParseResult parsed) => new()
    {
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        MinP = parsed.GetValue(_minP),
        RepetitionPenalty = parsed.GetValue(_repetition),
        PresencePenalty = parsed.GetValue(_presence),
        FrequencyPenalty = parsed.GetValue(_frequency),
        XtcProbability = parsed.GetValue(_xtcProbability),
        XtcThreshold = parsed.GetValue(_xtcThreshold),
        Mirostat = parsed.GetValue(_mirostat),
        MirostatTau = parsed.GetValue(_mirostatTau),
        MirostatEta = parsed.GetValue(_mirostatEta),
        Samplers = parsed.GetValue(_samplers),
        // Short enough to type again, and exact in every JSON reader.
        Seed = parsed.GetValue(_seed) ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue),
    };

    private static string? ParseSamplers(ArgumentResult result)
    {
        string samplers = result.Tokens[0].Value;
        if (SamplerNames.Fault(samplers) is { } fault)
        {
            result.AddError($"--samplers: expected {SamplerNames.Expected}, found {fault}.");
        }
        return samplers;
    }

    private static Option<T?> Optional<T>(string name, T min, T max, string description, T? standard)
        where T : struct, INumber<T> =>
        NumberOption.CreateOptional(name, min, max, string.Create(CultureInfo.InvariantCulture, $"{description} Default: the model's, or {standard}."));
}
