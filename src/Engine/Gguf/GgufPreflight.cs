using System.Text;
using Engine.Gguf.Preflight;

namespace Engine.Gguf;

/// <summary>Refuses files that no backend computes correctly, above all those that would end the process inside
/// llama.cpp by a failed assertion, an uncaught exception, or a bad address.</summary>
/// <remarks>Each rule was found by running such files through llama.cpp v0.5.0. Rules that name no architecture hold for
/// all; those about storage hold for the architectures that the reference runs.</remarks>
internal static class GgufPreflight
{
    private const uint GgmlAlignment = 32; // ggml's TENSOR_ALIGNMENT

    /// <summary>Checks a file for llama.cpp, which has stricter requirements than the format.</summary>
    /// <exception cref="ModelFileException">No backend can run it, or llama.cpp cannot.</exception>
    public static void CheckForLlamaCpp(GgufFile file)
    {
        Check(file);
        uint alignment = file.Metadata.GetUInt32(GgufKeys.Alignment) ?? GgufLimits.DefaultAlignment;
        if (file.Tensors.Count > 0 && alignment < GgmlAlignment)
        {
            throw file.Metadata.Refuse(
                GgufKeys.Alignment, $"at least {GgmlAlignment}", $"{alignment}",
                "llama.cpp would end the process over it, though the format allows it: use the reference backend, or convert the model again.");
        }
    }

    /// <summary>Checks metadata and tensor records, not the weights.</summary>
    /// <exception cref="ModelFileException">No backend can run it.</exception>
    public static void Check(GgufFile file)
    {
        CheckTexts(file.Metadata);
        GgufContent.RequireModel(file);
        VocabularyFacts.Check(file);
        if (file.Tensors.Count == 0)
        {
            return; // a vocabulary without weights
        }
        var numbers = new Hyperparameters(file);
        LayerFacts.Check(numbers);
        ExpertFacts.Check(numbers);
        NumericFacts.Check(numbers);
        HeadFacts.Check(numbers);
        FamilyFacts.Check(numbers);
        WindowFacts.Check(numbers);
        TensorFacts.Check(file, numbers);
    }

    /// <summary>Refuses texts with a NUL. llama.cpp reads a text only up to its first NUL, and so might see another architecture than the one checked
    /// here. Texts that it does not compare with anything may contain NULs.</summary>
    private static void CheckTexts(GgufMetadata metadata)
    {
        foreach (string key in metadata.Keys)
        {
            if (metadata[key] is { Type: GgufValueType.String } text && text.StringBytes.IndexOf((byte)0) is >= 0 and var end && IsCompared(metadata, key))
            {
                string begin = $"'{Encoding.UTF8.GetString(text.StringBytes[..end])}'";
                throw metadata.Refuse(key, "text without a NUL", $"{begin} with a NUL and more after it", $"llama.cpp would take it for {begin}, other programs for the whole: convert the model again.");
            }
        }
    }

    // The keys of the architecture and the tokenizer select code paths. A name, a licence or a chat template does not.
    private static bool IsCompared(GgufMetadata metadata, string key) =>
        key is GgufKeys.Architecture or "general.type"
        || key.StartsWith("tokenizer.ggml.", StringComparison.Ordinal)
        || (metadata[GgufKeys.Architecture]?.Value is string architecture && key.StartsWith(architecture.Split('\0')[0] + ".", StringComparison.Ordinal));
}
