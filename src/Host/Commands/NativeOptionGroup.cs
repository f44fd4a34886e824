using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Engine.Serving;

namespace Engine.Host.Commands;

/// <summary>Options for llama.cpp's memory, arithmetic and devices.</summary>
internal sealed class NativeOptionGroup
{
    private const int MaxDevices = 16;

    private static readonly Dictionary<string, string> MeantTypes = new() { ["fp16"] = "'f16'", ["q8"] = "'q8_0'", ["int8"] = "'q8_0'", ["fp32"] = "'f32'", ["float"] = "'f32'" };

    private static readonly Dictionary<string, string> MeantFlash = new() { ["true"] = "'on'", ["1"] = "'on'", ["false"] = "'off'", ["0"] = "'off'" };

    private readonly Option<string> _cacheType = ChoiceOption.Create("--cache-type", "How keys and values are kept; q8_0 takes half the memory of f16, f32 twice.", ["f16", "q8_0", "f32"], MeantTypes);

    private readonly Option<string> _flashAttention = ChoiceOption.Create("--flash-attention", "Attention that stores no scores; 'auto' where the device has it.", ["auto", "on", "off"], MeantFlash);

    private readonly Option<int?> _microBatch = NumberOption.CreateOptional(
        "--micro-batch", ModelOptionRules.MinMicroBatch, ModelOptionRules.MaxMicroBatch, "Tokens evaluated at once. Default: 64 on the CPU, 512 elsewhere.");

    private readonly Option<int?> _batchThreads = NumberOption.CreateOptional("--batch-threads", 1, ModelOptionGroup.MaxThreads, "Threads of the computation of prompts. Default: as --threads.");

    private readonly Option<bool> _noRepack = new("--no-repack") { Description = "Keeps no copies of quantized weights in the order that suits the CPU: less memory, slower prompts." };

    private readonly Option<string> _splitMode = ChoiceOption.Create("--split-mode", "How several devices divide the model.", "layer", "row", "none");

    private readonly Option<float[]?> _tensorSplit = new("--tensor-split")
    {
        HelpName = "N,N…",
        Description = "Each device's part, such as 3,1. Default: by the memory that is free.",
        CustomParser = ParseParts,
    };

    private readonly Option<int?> _mainDevice = NumberOption.CreateOptional("--main-device", 0, MaxDevices - 1, "The device for what is not divided. Default 0.");

    public void AddTo(Verb verb) =>
        verb.AddGroup("Memory and devices", _cacheType, _flashAttention, _microBatch, _batchThreads, _noRepack, _splitMode, _tensorSplit, _mainDevice);

    /// <summary>The options as the command line gives them.</summary>
    public ModelOptions Apply(ParseResult parsed, ModelOptions options) => options with
    {
        CacheType = Choice<CacheType>(parsed, _cacheType),
        FlashAttention = Choice<FlashAttention>(parsed, _flashAttention),
        MicroBatch = parsed.GetValue(_microBatch) ?? 0,
        BatchThreads = parsed.GetValue(_batchThreads) ?? 0,
        Repack = !parsed.GetValue(_noRepack),
        SplitMode = Choice<SplitMode>(parsed, _splitMode),
        TensorSplit = parsed.GetValue(_tensorSplit) ?? [],
        MainDevice = parsed.GetValue(_mainDevice) ?? 0,
    };

    /// <summary>What was given, under the keys of a configured model: defaults are left to the configuration.</summary>
    public IEnumerable<(string Key, string Value)> Given(ParseResult parsed)
    {
        ModelOptions options = Apply(parsed, new ModelOptions());
        foreach ((Option option, string key, object value) in new (Option, string, object)[]
        {
            (_cacheType, nameof(ModelOptions.CacheType), options.CacheType),
            (_flashAttention, nameof(ModelOptions.FlashAttention), options.FlashAttention),
            (_microBatch, nameof(ModelOptions.MicroBatch), options.MicroBatch),
            (_batchThreads, nameof(ModelOptions.BatchThreads), options.BatchThreads),
            (_noRepack, nameof(ModelOptions.Repack), options.Repack),
            (_splitMode, nameof(ModelOptions.SplitMode), options.SplitMode),
            (_mainDevice, nameof(ModelOptions.MainDevice), options.MainDevice),
        })
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                yield return (key, Convert.ToString(value, CultureInfo.InvariantCulture)!);
            }
        }
        for (int i = 0; i < options.TensorSplit.Count; i++)
        {
            yield return ($"{nameof(ModelOptions.TensorSplit)}:{i}", options.TensorSplit[i].ToString(CultureInfo.InvariantCulture));
        }
    }

    // Null if the verb has no such option.
    private static T Choice<T>(ParseResult parsed, Option<string> option) where T : struct, Enum =>
        parsed.GetValue(option) is { } word ? Enum.Parse<T>(word, ignoreCase: true) : default;

    private static float[]? ParseParts(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        var parts = new List<float>();
        foreach (string word in text.Split(','))
        {
            if (!float.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out float part) || !float.IsFinite(part) || part < 0)
            {
                parts.Clear();
                break;
            }
            parts.Add(part);
        }
        if (parts.Count is 0 or > MaxDevices || parts.TrueForAll(part => part == 0))
        {
            result.AddError($"--tensor-split: expected up to {MaxDevices} numbers from 0, such as 3,1, one of them above 0, found '{text}'.");
            return null;
        }
        return [.. parts];
    }
}
