namespace ReferenceModels.Training.Vocabularies;

/// <summary>How a vocabulary is trained.</summary>
public sealed record VocabularyOptions
{
    /// <summary>The scheme.</summary>
    public required VocabularyScheme Scheme { get; init; }

    /// <summary>V: tokens of the vocabulary, including special ones. There are fewer if the texts do not yield that many.</summary>
    public required int Size { get; init; }

    /// <summary>How often a pair or a piece must occur to become a token.</summary>
    /// <value>The default is 2: nothing can be learned from a single occurrence.</value>
    public int MinimumFrequency { get; init; } = 2;

    /// <summary>Byte-level BPE: how a text is split into words, by llama.cpp's name (<c>tokenizer.ggml.pre</c>).</summary>
    /// <value>The default is <c>gpt-2</c>.</value>
    public string PreTokenizer { get; init; } = "gpt-2";
}
