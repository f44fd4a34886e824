using System.Buffers;
using System.Runtime.CompilerServices;

namespace Engine;

/// <summary>Encodes text in parts, only some of which may contain special tokens.</summary>
internal static class MarkedText
{
    private static readonly ConditionalWeakTable<ITokenizer, SpecialTexts> Known = [];

    /// <summary>The ids. A special token counts where all of its text is markup.</summary>
    /// <remarks>Where no other part looks like a special token, that is how the tokenizer splits the whole with special
    /// tokens parsed. Else the text is cut here, at the tokens that count, and blanks that a token would swallow stay.</remarks>
    public static IReadOnlyList<int> Encode(IReadOnlyList<PromptPart> parts, ITokenizer tokenizer, bool addSpecial = true)
    {
        string text = string.Concat(parts.Select(part => part.Text));
        if (parts.All(part => part.IsMarkup))
        {
            return tokenizer.Encode(text, addSpecial, parseSpecial: true);
        }
        SpecialTexts special = Known.GetValue(tokenizer, SpecialTexts.Of);
        bool[] isMarkup = [.. parts.SelectMany(part => Enumerable.Repeat(part.IsMarkup, part.Text.Length))];
        List<(int Start, string Token)> found = special.Find(text, isMarkup, out bool isForged);
        return isForged ? Cut(text, found, special, tokenizer, addSpecial) : tokenizer.Encode(text, addSpecial, parseSpecial: true);
    }

    private static List<int> Cut(string text, List<(int Start, string Token)> found, SpecialTexts special, ITokenizer tokenizer, bool addSpecial)
    {
        IReadOnlyList<int> added = tokenizer.Encode("", addSpecial);
        int before = added is [int first, ..] && first == tokenizer.BeginningOfSequence ? 1 : 0;
        List<int> ids = [.. added.Take(before)];
        int start = 0;
        foreach ((int at, string token) in found)
        {
            Split(text[start..at]);
            ids.Add(special.Id(token));
            start = at + token.Length;
        }
        Split(text[start..]);
        ids.AddRange(added.Skip(before));
        return ids;

        void Split(string stretch)
        {
            if (stretch.Length > 0)
            {
                ids.AddRange(tokenizer.Encode(stretch, addSpecial: false, parseSpecial: false));
            }
        }
    }

    /// <summary>The texts of a vocabulary's special tokens.</summary>
    private sealed class SpecialTexts
    {
        private readonly Dictionary<string, int> _ids;
        private readonly ILookup<char, string> _byFirst;
        private readonly SearchValues<string> _any;

        private SpecialTexts(Dictionary<string, int> ids)
        {
            _ids = ids;
            _byFirst = ids.Keys.OrderByDescending(text => text.Length).ToLookup(text => text[0]);
            _any = SearchValues.Create([.. ids.Keys], StringComparison.Ordinal);
        }

        /// <summary>Those whose tokens say nothing: control tokens, and the one for what is unknown.</summary>
        public static SpecialTexts Of(ITokenizer tokenizer)
        {
            var ids = new Dictionary<string, int>(StringComparer.Ordinal);
            for (int id = 0; id < tokenizer.VocabularySize; id++)
            {
                if (tokenizer.GetBytes(id).IsEmpty && tokenizer.GetPiece(id) is { Length: > 0 } text)
                {
                    ids.TryAdd(text, id);
                }
            }
            return new SpecialTexts(ids);
        }

        public int Id(string text) => _ids[text];

        /// <summary>The special tokens that stand in markup, from left to right, of those at one place the longest.</summary>
        /// <param name="isMarkup">For each character of it.</param>
        /// <param name="isForged">Whether there is another that has a character outside of markup.</param>
        public List<(int Start, string Token)> Find(string text, bool[] isMarkup, out bool isForged)
        {
            var found = new List<(int, string)>();
            isForged = false;
            int start = 0;
            while (text.AsSpan(start).IndexOfAny(_any) is int next and >= 0)
            {
                start += next;
                string? counted = null;
                foreach (string token in _byFirst[text[start]])
                {
                    if (string.CompareOrdinal(text, start, token, 0, token.Length) == 0)
                    {
                        bool counts = isMarkup.AsSpan(start, token.Length).IndexOf(false) < 0;
                        counted ??= counts ? token : null;
                        isForged |= !counts;
                    }
                }
                if (counted is not null)
                {
                    found.Add((start, counted));
                }
                start += counted?.Length ?? 1;
            }
            return found;
        }
    }
}
