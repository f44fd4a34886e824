using Engine;
using Engine.Gguf;
using ReferenceModels.Models;

namespace ReferenceModels;

/// <summary>The known architectures, by the name in a file, and the capabilities of each.</summary>
internal static class Networks
{
    // New architectures go here; one missing from this table is refused by name.
    private static readonly Dictionary<string, Func<GgufFile, int, bool, INetwork>> Known = new(StringComparer.Ordinal)
    {
        ["bert"] = (file, vocabulary, trainable) => Bert.Load(file, vocabulary, trainable),
        ["gemma2"] = (file, vocabulary, trainable) => Gemma2.Load(file, vocabulary, trainable),
        ["gemma3"] = (file, vocabulary, trainable) => Gemma3.Load(file, vocabulary, trainable),
        ["gpt2"] = (file, vocabulary, trainable) => Gpt2.Load(file, vocabulary, trainable),
        ["llama"] = (file, vocabulary, trainable) => file.Metadata.GetUInt32("llama.expert_count") is > 0
            ? Mixtral.Load(file, vocabulary, trainable) : Llama.Load(file, vocabulary, trainable),
        ["phi3"] = (file, vocabulary, trainable) => Phi3.Load(file, vocabulary, trainable),
        ["qwen2"] = (file, vocabulary, trainable) => Qwen2.Load(file, vocabulary, trainable),
        ["qwen3"] = (file, vocabulary, trainable) => Qwen3.Load(file, vocabulary, trainable),
        ["qwen3moe"] = (file, vocabulary, trainable) => Qwen3Moe.Load(file, vocabulary, trainable),
        ["t5"] = (file, vocabulary, trainable) => T5.Load(file, vocabulary, trainable),
        ["t5encoder"] = (file, vocabulary, trainable) => T5Encoder.Load(file, vocabulary, trainable),
        ["transformer"] = (file, vocabulary, trainable) => Transformer.Load(file, vocabulary, trainable),
    };

    /// <summary>The function that loads a model of an architecture, given its file (frozen weights are used in place), V, and whether the weights are trainable.</summary>
    /// <exception cref="UnsupportedRequestException">The architecture is not in the table.</exception>
    public static Func<GgufFile, int, bool, INetwork> Loader(string architecture, string fileName) =>
        Known.TryGetValue(architecture, out var load) ? load : throw new UnsupportedRequestException(
            $"Loading {fileName}: the reference backend runs the architectures {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal).Select(name => $"'{name}'"))}, "
            + $"but the file has '{architecture}'. Use the llama.cpp backend.");

    public static ModelCapabilities Capabilities(INetwork network) => ModelCapabilities.Embed | ModelCapabilities.Replay | network switch
    {
        IDecoder and IEncoder => ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Source,
        IDecoder => ModelCapabilities.Score | ModelCapabilities.Generate,
        IEncoder => ModelCapabilities.Segments,
        _ => ModelCapabilities.None,
    };
}
