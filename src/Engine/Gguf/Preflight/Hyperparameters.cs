using System.Globalization;

namespace Engine.Gguf.Preflight;

/// <summary>The numbers of a file's architecture, whose keys begin with its name.</summary>
internal sealed class Hyperparameters(GgufFile file)
{
    /// <summary>The hint for values on which llama.cpp asserts, throws uncaught exceptions or reads out of bounds.</summary>
    public const string Ends = "llama.cpp would end the process over it: convert the model again.";

    /// <summary>The hint for values that llama.cpp also refuses; checked here for backends that do not.</summary>
    public const string Refused = "llama.cpp refuses it as well: convert the model again.";

    /// <summary>The hint for a refusal that needs no explanation.</summary>
    public const string Plain = "Convert the model again.";

    /// <summary>The architecture, such as <c>llama</c>.</summary>
    public string Architecture { get; } = file.Metadata.RequireString(GgufKeys.Architecture);

    /// <summary>Whether the tensors of the architecture are checked as well.</summary>
    public bool IsKnown => Architecture is "llama" or "qwen2" or "qwen3" or "qwen3moe" or "phi3" or "gpt2" || IsGemma || IsBert || IsT5;

    public bool IsGemma => Architecture is "gemma2" or "gemma3";

    public bool IsBert => Architecture is "bert";

    public bool IsT5 => Architecture is "t5" or "t5encoder";

    public string Key(string name) => $"{Architecture}.{name}";

    public uint? UInt32(string name) => file.Metadata.GetUInt32(Key(name));

    public float? Float32(string name) => file.Metadata.GetFloat32(Key(name));

    public string? Text(string name) => file.Metadata.GetString(Key(name));

    public bool? Bool(string name) => file.Metadata.GetBool(Key(name));

    /// <summary>A number per layer: the file has an array, or one number for all (then one is given).</summary>
    public IReadOnlyList<long>? PerLayer(string name) => file.Metadata[Key(name)] switch
    {
        null => null,
        { Type: GgufValueType.UInt32 } value => [(uint)value.Value],
        { ElementType: GgufValueType.UInt32 } value => [.. value.ArrayOf<uint>()!.Select(number => (long)number)],
        { ElementType: GgufValueType.Int32 } value => [.. value.ArrayOf<int>()!.Select(number => (long)number)],
        { ElementType: GgufValueType.Bool } value => [.. value.ArrayOf<bool>()!.Select(truth => truth ? 1L : 0L)], // llama.cpp reads them as numbers
        _ => throw Refuse(name, "a u32, or an array with one for each layer", "another type", Refused),
    };

    /// <summary>Whether the file has an array under this name.</summary>
    public bool IsListed(string name) => file.Metadata[Key(name)]?.ElementType is not null;

    public ModelFileException Refuse(string name, string expected, string found, string hint = Ends) =>
        file.Metadata.Refuse(Key(name), expected, found, hint);

    public ModelFileException Refuse(string name, string expected, long found, string hint = Ends) =>
        Refuse(name, expected, found.ToString("N0", CultureInfo.InvariantCulture), hint);
}
