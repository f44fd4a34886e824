using System.Text;

namespace Engine.Host.Commands.Tokenization;

/// <summary>How a text is split.</summary>
/// <param name="AddSpecial">Adds the ids the model wants around a text.</param>
/// <param name="ParseSpecial">Reads the text of special tokens as these tokens.</param>
internal readonly record struct SplitForm(bool AddSpecial, bool ParseSpecial);

/// <summary>The tokens of a text by one tokenizer.</summary>
/// <param name="Name">Whose it is: the rule, and the backend that splits by it.</param>
/// <param name="Ids">The tokens.</param>
/// <param name="Pieces">Each token's own text in the vocabulary.</param>
/// <param name="Texts">The text of each token: the characters that end in it, because a character may take several tokens.</param>
internal sealed record Tokenization(string Name, IReadOnlyList<int> Ids, IReadOnlyList<string> Pieces, IReadOnlyList<string> Texts)
{
    /// <summary>Index of the first token on which another differs; null if they agree.</summary>
    public int? DifferenceFrom(Tokenization other) =>
        Ids.SequenceEqual(other.Ids) ? null : Ids.Zip(other.Ids).TakeWhile(pair => pair.First == pair.Second).Count();

    public static Tokenization Of(string name, ITokenizer tokenizer, string text, SplitForm form)
    {
        IReadOnlyList<int> ids = tokenizer.Encode(text, form.AddSpecial, form.ParseSpecial);
        string[] texts = new string[ids.Count];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        Span<char> characters = stackalloc char[64];
        for (int i = 0; i < texts.Length; i++)
        {
            ReadOnlySpan<byte> bytes = tokenizer.GetBytes(ids[i]).Span;
            if (characters.Length < bytes.Length + 2)
            {
                characters = new char[bytes.Length + 2];
            }
            texts[i] = new string(characters[..decoder.GetChars(bytes, characters, flush: i == texts.Length - 1)]);
        }
        return new Tokenization(name, ids, [.. ids.Select(tokenizer.GetPiece)], texts);
    }
}
