using Engine.Gguf.Preflight;

namespace Engine.Gguf;

/// <summary>Refuses, with a sentence, a file that would end the process inside llama.cpp: by a failed assertion, an
/// exception that nothing catches, or a bad address. What llama.cpp refuses by itself is left to it.</summary>
/// <remarks>Each rule was found by running such files through llama.cpp v0.5.0. Rules without an architecture hold for
/// all; those about storage are for llama, gpt2, bert, t5 and t5encoder.</remarks>
internal static class GgufPreflight
{
    /// <summary>Looks at metadata and tensor records, not at the weights.</summary>
    /// <exception cref="ModelFileException">The file would end the process.</exception>
    public static void Check(GgufFile file)
    {
        CheckTexts(file.Metadata);
        GgufContent.RequireModel(file);
        VocabularyFacts.Check(file);
        if (file.Tensors.Count == 0)
        {
            return; // a vocabulary alone
        }
        var numbers = new Hyperparameters(file);
        LayerFacts.Check(numbers);
        ExpertFacts.Check(numbers);
        NumericFacts.Check(numbers);
        HeadFacts.Check(numbers);
        FamilyFacts.Check(numbers);
        TensorFacts.Check(file, numbers);
    }

    /// <summary>llama.cpp reads a text up to its first NUL, and so might see another architecture than is checked here.</summary>
    private static void CheckTexts(GgufMetadata metadata)
    {
        foreach (string key in metadata.Keys)
        {
            if (metadata[key] is { Type: GgufValueType.String } text && text.StringBytes.Contains((byte)0))
            {
                throw metadata.Refuse(key, "text", "a NUL in it", Hyperparameters.Remedy);
            }
        }
    }
}
