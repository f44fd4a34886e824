using Engine;

namespace ReferenceModels.Tokenizers;

/// <summary>A vocabulary whose way of splitting text is not implemented here: ids to text works, text to ids is refused.</summary>
internal sealed class IdsOnlyTokenizer(Vocabulary vocabulary) : VocabularyTokenizer(vocabulary, Spelling(vocabulary.Model))
{
    /// <summary>Refused.</summary>
    public override IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) =>
        throw new UnsupportedRequestException($"Splitting a text into tokens: the reference backend splits vocabularies of kind 'llama', this file's is '{Vocabulary.Model}'. Give token ids, or use the llama.cpp backend.");

    private static Func<Vocabulary, int, byte[]> Spelling(string model) => model switch
    {
        "bert" or "t5" => TokenSpelling.SentencePiece,
        "gpt2" => TokenSpelling.ByteLevel,
        _ => TokenSpelling.Unknown,
    };
}
