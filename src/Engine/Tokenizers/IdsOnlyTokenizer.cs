
namespace Engine.Tokenizers;

/// <summary>A vocabulary whose way of splitting text is not implemented here. Ids can be converted to text if the spelling is
/// known; converting text to ids is refused.</summary>
/// <param name="spell">The bytes of a token.</param>
/// <param name="refusal">Why text cannot be split.</param>
internal sealed class IdsOnlyTokenizer(Vocabulary vocabulary, Func<Vocabulary, int, byte[]> spell, string refusal)
    : VocabularyTokenizer(vocabulary, spell)
{
    /// <summary>Why text cannot be split.</summary>
    public string Reason => refusal;

    /// <inheritdoc/>
    protected override int? Prefix => throw Refusal();

    /// <summary>Refused.</summary>
    protected override void Split(ReadOnlySpan<byte> utf8, bool afterSpecial, TokenizerRule rule, List<int> tokens) => throw Refusal();

    /// <inheritdoc/>
    protected override int? Suffix => throw Refusal();

    private UnsupportedRequestException Refusal() => new(refusal);
}
