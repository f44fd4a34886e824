namespace ReferenceModels.Training.Vocabularies;

/// <summary>How a vocabulary is trained.</summary>
public sealed record VocabularyOptions
{
    /// <summary>The scheme.</summary>
    public required VocabularyScheme Scheme { get; init; }

    /// <summary>V: tokens of the vocabulary, special ones included. Fewer come out where the texts do not give that many.</summary>
    public required int Size { get; init; }

    /// <summary>How often a pair or a piece must occur to become a token.</summary>
    /// <value>The default is 2: what occurs once teaches nothing.</value>
    public int MinimumFrequency { get; init; } = 2;

    /// <summary>Byte-level BPE: how a text is cut into words, by llama.cpp's name (<c>tokenizer.ggml.pre</c>).</summary>
    /// <value>The default is <c>gpt-2</c>.</value>
    public string PreTokenizer { get; init; } = "gpt-2";
}
