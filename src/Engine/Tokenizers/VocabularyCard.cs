using System.Text;
using Engine.Gguf;

namespace Engine.Tokenizers;

/// <summary>Fills in what a card says about a model's vocabulary, from the tokenizer as far as possible and otherwise from the file.</summary>
internal static class VocabularyCard
{
    private static readonly string[] MaskTexts = ["[MASK]", "<mask>"];

    /// <param name="card">The card without these facts.</param>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="tokenizer">The tokenizer that the backend uses.</param>
    public static ModelCard Describe(ModelCard card, GgufMetadata metadata, ITokenizer tokenizer) => tokenizer is Generation.NoVocabulary
        ? card with { HasVocabulary = false, SplitsText = false }
        : card with { HasVocabulary = true, SplitsText = tokenizer is not IdsOnlyTokenizer, SpecialTokens = Special(metadata, tokenizer) };

    private static SpecialTokenIds Special(GgufMetadata metadata, ITokenizer tokenizer)
    {
        string model = metadata.GetString(GgufKeys.TokenizerModel) ?? "";
        VocabularyDefaults defaults = VocabularyDefaults.For(model, metadata.GetString(GgufKeys.TokenizerPre) ?? "");
        return new SpecialTokenIds
        {
            BeginningOfSequence = tokenizer.BeginningOfSequence,
            EndOfSequence = tokenizer.EndOfSequence,
            Unknown = Id(GgufKeys.UnknownToken, defaults.Unknown),
            Separator = Id(GgufKeys.SeparatorToken, defaults.Separator),
            Padding = Id(GgufKeys.PaddingToken),
            Classification = Id(GgufKeys.ClassificationToken, model == "bert" ? tokenizer.BeginningOfSequence : null),
            Mask = Id(GgufKeys.MaskToken, MaskByText(metadata.GetStrings(GgufKeys.Tokens))),
            EndOfGeneration = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsEndOfGeneration)],
        };

        // An id beyond the vocabulary is ignored.
        int? Id(string key, int? absent = null) =>
            metadata.GetUInt32(key) is { } given && given < tokenizer.VocabularySize ? (int)given : absent < tokenizer.VocabularySize ? absent : null;
    }

    private static int? MaskByText(GgufStrings? tokens)
    {
        byte[][] texts = [.. MaskTexts.Select(Encoding.UTF8.GetBytes)];
        for (int id = 0; id < tokens?.Count; id++)
        {
            if (tokens.Bytes(id).SequenceEqual(texts[0]) || tokens.Bytes(id).SequenceEqual(texts[1]))
            {
                return id;
            }
        }
        return null;
    }
}
