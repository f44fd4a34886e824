using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Engine.HuggingFace.Vocabularies;

namespace Engine.HuggingFace.Rules;

/// <summary>Runs the pre-tokenizers of a tokenizer.json. Its regular expressions are used unchanged.</summary>
internal static class CutRules
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    // The characters that stand for bytes: printable ones for themselves, the others from U+0100 on.
    private static readonly char[] ByteCharacters = MakeAlphabet();

    /// <summary>The function that a step applies to a piece.</summary>
    public static Func<string, IEnumerable<string>> Of(JsonElement step)
    {
        switch (TokenizerParts.Type(step))
        {
            case "ByteLevel":
                Func<string, IEnumerable<string>> words = TokenizerParts.Flag(step, "use_regex", absent: true) ? Isolate(Gpt2) : piece => [piece];
                return piece => words(piece).Select(word => string.Concat(Encoding.UTF8.GetBytes(word).Select(value => ByteCharacters[value])));
            case "Split" when TokenizerParts.Pattern(step).Regex is { } regex: return Isolate(regex);
            case "Split": return piece => [piece]; // splits at blanks, which have become "▁" by then
            case "Digits": return Isolate(TokenizerParts.Flag(step, "individual_digits", absent: false) ? @"\p{N}" : @"\p{N}+");
            case "Punctuation": return Isolate(@"[\p{P}!-/:-@\[-`{-~]+");
            case "WhitespaceSplit": return piece => piece.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            case "Metaspace": return Metaspace(step);
            case "BertPreTokenizer": return Words;
            default: throw TokenizerParts.Refuse("pre_tokenizer", step, "a step that can be imported");
        }
    }

    // The matches and the text between them.
    private static Func<string, IEnumerable<string>> Isolate(string pattern)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        return piece =>
        {
            var parts = new List<string>();
            int end = 0;
            foreach (Match match in regex.Matches(piece))
            {
                parts.Add(piece[end..match.Index]);
                parts.Add(match.Value);
                end = match.Index + match.Length;
            }
            parts.Add(piece[end..]);
            return parts.Where(part => part.Length > 0);
        };
    }

    private static Func<string, IEnumerable<string>> Metaspace(JsonElement step)
    {
        string blank = TokenizerParts.Text(step, "replacement") ?? "▁";
        bool prepends = TokenizerParts.Text(step, "prepend_scheme") is { } scheme ? scheme != "never" : TokenizerParts.Flag(step, "add_prefix_space", absent: true);
        bool splits = TokenizerParts.Flag(step, "split", absent: true);
        return piece =>
        {
            string text = piece.Replace(" ", blank, StringComparison.Ordinal);
            text = prepends && !text.StartsWith(blank, StringComparison.Ordinal) ? blank + text : text;
            return splits ? Regex.Split(text, $"(?={Regex.Escape(blank)})").Where(part => part.Length > 0) : [text];
        };
    }

    private static List<string> Words(string piece)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (Rune rune in piece.EnumerateRunes())
        {
            bool isPunctuation = (rune.IsAscii && !Rune.IsLetterOrDigit(rune) && !Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune)) || Rune.IsPunctuation(rune);
            if (Rune.IsWhiteSpace(rune) || isPunctuation)
            {
                words.Add(word.ToString());
                word.Clear();
                words.Add(isPunctuation ? rune.ToString() : "");
            }
            else
            {
                word.Append(rune.ToString());
            }
        }
        words.Add(word.ToString());
        return words;
    }

    private static char[] MakeAlphabet()
    {
        var characters = new char[256];
        int others = 0;
        for (int value = 0; value < characters.Length; value++)
        {
            bool prints = value is (> ' ' and < 127) or (> 160 and not 173);
            characters[value] = prints ? (char)value : (char)(256 + others++);
        }
        return characters;
    }
}
