using Engine;
using ReferenceModels.Training.Vocabularies;

namespace ReferenceModels.Tests.Training.Vocabularies;

/// <summary>The naive twin of training by merges: every pair is counted again at every step.</summary>
internal static class NaiveMerging
{
    /// <summary>The tokens that training gives, as many as in <paramref name="trained"/>, from which the leading single characters are taken.</summary>
    public static List<string> Train(string[] texts, VocabularyScheme scheme, IReadOnlyList<string> trained)
    {
        bool isWordPiece = scheme == VocabularyScheme.WordPiece;
        int end = isWordPiece ? 0 : 1; // the token after the merged ones
        List<string> tokens = [.. trained.TakeWhile((token, id) => id < (isWordPiece ? 5 : 256) || token.EnumerateRunes().Count() == (token[0] == '▁' && token.Length > 1 ? 2 : 1))];
        List<(List<string> Symbols, long Count)> words = [.. (isWordPiece ? Words(texts) : ByteWords(texts))
            .GroupBy(word => string.Join('\0', word)).Select(group => (group.Key.Split('\0').ToList(), (long)group.Count()))];
        while (tokens.Count < trained.Count - end)
        {
            var pairs = new Dictionary<(string First, string Second), long>();
            var symbols = new Dictionary<string, long>();
            foreach ((List<string> word, long count) in words)
            {
                for (int i = 0; i < word.Count; i++)
                {
                    symbols[word[i]] = symbols.GetValueOrDefault(word[i]) + count;
                    if (i > 0)
                    {
                        pairs[(word[i - 1], word[i])] = pairs.GetValueOrDefault((word[i - 1], word[i])) + count;
                    }
                }
            }
            (string first, string second) = pairs.Where(pair => pair.Value >= 2)
                .OrderByDescending(pair => isWordPiece ? pair.Value / ((double)symbols[pair.Key.First] * symbols[pair.Key.Second]) : pair.Value)
                .ThenByDescending(pair => pair.Value)
                .ThenBy(pair => tokens.IndexOf(pair.Key.First)).ThenBy(pair => tokens.IndexOf(pair.Key.Second)).First().Key;
            if (!tokens.Contains(first + second))
            {
                tokens.Add(first + second);
            }
            foreach ((List<string> word, _) in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] == first && word[i + 1] == second)
                    {
                        word[i] = first + second;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }
        return [.. tokens, .. trained.Skip(trained.Count - end)];
    }

    private static IEnumerable<string[]> Words(string[] texts)
    {
        var sink = new Collecting([]);
        foreach (string text in texts)
        {
            Engine.Tokenizers.WordPieceWords.Cut(System.Text.Encoding.UTF8.GetBytes(text), TokenizerRule.Trained, true, true, ref sink);
        }
        return sink.Words.Select(word => word[1..].EnumerateRunes().Select((rune, i) => (i == 0 ? "▁" : "") + rune).ToArray());
    }

    private static IEnumerable<string[]> ByteWords(string[] texts)
    {
        Engine.Tokenizers.PreTokenization.PreTokenizer preTokenizer = Engine.Tokenizers.PreTokenization.PreTokenizer.Find("gpt-2")!;
        foreach (string text in texts)
        {
            var points = new Engine.Tokenizers.Unicode.CodePointText();
            points.Read(System.Text.Encoding.UTF8.GetBytes(text));
            List<int> ends = [];
            preTokenizer.Split(points, ends, []);
            int[] all = points.Points.ToArray();
            int start = 0;
            foreach (int end in ends)
            {
                string word = string.Concat(all[start..end].Select(point => new System.Text.Rune(point).ToString()));
                yield return [.. System.Text.Encoding.UTF8.GetBytes(word).Select(value => Engine.Tokenizers.ByteAlphabet.Character(value).ToString())];
                start = end;
            }
        }
    }

    private readonly struct Collecting(List<string> words) : Engine.Tokenizers.IWordSink
    {
        public List<string> Words => words;

        public void Add(ReadOnlySpan<byte> word) => words.Add(System.Text.Encoding.UTF8.GetString(word));
    }
}
