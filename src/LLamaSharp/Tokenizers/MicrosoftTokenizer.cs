using System.Text;
using Engine.Tokenizers;

namespace Engine.LLamaSharp.Tokenizers;

/// <summary>A vocabulary whose text the library splits. Several threads may use it at once, as they may the library's.</summary>
/// <param name="vocabulary">The file's.</param>
/// <param name="split">The library's tokenizer over the same tokens, adding none around a text.</param>
/// <param name="spell">From a token to the bytes it stands for.</param>
internal sealed class MicrosoftTokenizer(Vocabulary vocabulary, Func<string, IReadOnlyList<int>> split, Func<Vocabulary, int, byte[]> spell) : VocabularyTokenizer(vocabulary, spell)
{
    /// <summary>Whether a blank goes before a text, and before text after a special token.</summary>
    public bool IsPrefixed { get; init; }

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<byte> utf8, bool afterSpecial, TokenizerRule rule, List<int> tokens)
    {
        string text = Encoding.UTF8.GetString(utf8);
        tokens.AddRange(split(IsPrefixed && afterSpecial ? " " + text : text));
    }
}
