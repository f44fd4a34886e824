using Engine;
using Engine.Gguf;
using ReferenceModels.Models;

namespace ReferenceModels;

/// <summary>The architectures there are, by the name in a file, and what each can do.</summary>
internal static class Networks
{
    // The table to extend: an architecture missing here is refused by name.
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

    /// <summary>What reads a model of an architecture, given its file, in which frozen weights stay, V, and whether the weights learn.</summary>
    /// <exception cref="UnsupportedRequestException">The architecture is not among those.</exception>
    public static Func<GgufFile, int, bool, INetwork> Loader(string architecture, string fileName) =>
        Known.TryGetValue(architecture, out var load) ? load : throw new UnsupportedRequestException(
            $"Loading {fileName}: the reference backend runs the architectures {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal).Select(name => $"'{name}'"))}, "
            + $"the file is of '{architecture}'. Use the llama.cpp backend.");

    public static ModelCapabilities Capabilities(INetwork network) => ModelCapabilities.Embed | ModelCapabilities.Replay | network switch
    {
        IDecoder and IEncoder => ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Source,
        IDecoder => ModelCapabilities.Score | ModelCapabilities.Generate,
        IEncoder => ModelCapabilities.Segments,
        _ => ModelCapabilities.None,
    };
}
