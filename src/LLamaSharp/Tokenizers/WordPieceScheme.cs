using System.Text;
using Microsoft.ML.Tokenizers;
using Engine.Tokenizers;

namespace Engine.LLamaSharp.Tokenizers;

/// <summary>WordPiece. A GGUF file marks the tokens that begin a word (▁), the library's list of words those that do not (##).</summary>
internal static class WordPieceScheme
{
    private const string Continuation = "##";
    private const char WordStart = '▁';

    public static Func<string, IReadOnlyList<int>> Create(Vocabulary vocabulary)
    {
        string[] lines = [.. Enumerable.Range(0, vocabulary.Count).Select(token => Line(vocabulary, token))];
        var options = new BertOptions
        {
            ContinuingSubwordPrefix = Continuation,
            LowerCaseBeforeTokenization = vocabulary.Lowercases,
            RemoveNonSpacingMarks = vocabulary.StripsAccents,
        };
        BertTokenizer tokenizer = BertTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines))), options);
        return text => tokenizer.EncodeToIds(text, addSpecialTokens: false);
    }

    private static string Line(Vocabulary vocabulary, int token)
    {
        string text = vocabulary.Text(token);
        if (text.AsSpan().IndexOfAny('\n', '\r') >= 0)
        {
            throw new InvalidDataException($"token {token} holds an end of line, which ends a token in its list of words.");
        }
        return text[0] == WordStart ? text[1..]
            : (vocabulary.Attributes[token] & TokenAttributes.CutOut) != 0 || IsBracketed(text) ? text
            : Continuation + text;
    }

    // [CLS] and [unused7]: special whatever the file calls them.
    private static bool IsBracketed(string text) => text.Length > 2 && text[0] == '[' && text[^1] == ']';
}
