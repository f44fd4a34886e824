using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.HuggingFace.Vocabularies;

namespace Engine.HuggingFace.Rules;

/// <summary>Runs the models of a tokenizer.json, written as plainly as possible.</summary>
internal static class ModelRules
{
    private const int NoId = -1;

    /// <summary>The function by which a model turns a piece into ids.</summary>
    public static Func<string, IEnumerable<int>> Of(JsonElement model) =>
        model.TryGetProperty("merges", out _) ? BytePairs(model) : model.GetProperty("vocab").ValueKind == JsonValueKind.Array ? Unigram(model) : WordPiece(model);

    private static Func<string, IEnumerable<int>> BytePairs(JsonElement model)
    {
        Dictionary<string, int> ids = Ids(model);
        var ranks = new Dictionary<(string, string), int>();
        foreach (JsonElement merge in model.GetProperty("merges").EnumerateArray())
        {
            string[] pair = merge.ValueKind == JsonValueKind.Array ? [merge[0].GetString()!, merge[1].GetString()!] : merge.GetString()!.Split(' ', 2);
            ranks.TryAdd((pair[0], pair[1]), ranks.Count);
        }
        bool wholeWords = TokenizerParts.Flag(model, "ignore_merges", absent: false), spellsBytes = TokenizerParts.Flag(model, "byte_fallback", absent: false);
        bool fuses = TokenizerParts.Flag(model, "fuse_unk", absent: false);
        int unknown = TokenizerParts.Text(model, "unk_token") is { } text ? ids.GetValueOrDefault(text, NoId) : NoId;
        return piece =>
        {
            if (wholeWords && ids.TryGetValue(piece, out int whole))
            {
                return [whole];
            }
            List<string> symbols = [.. piece.EnumerateRunes().Select(rune => rune.ToString())
                .SelectMany(character => spellsBytes && !ids.ContainsKey(character) ? Bytes(character, ids) : [character])];
            Merge(symbols, ranks);
            var found = new List<int>();
            foreach (int id in symbols.Select(symbol => ids.GetValueOrDefault(symbol, unknown)))
            {
                if (id != NoId && !(fuses && id == unknown && found.Count > 0 && found[^1] == unknown))
                {
                    found.Add(id);
                }
            }
            return found;
        };
    }

    private static void Merge(List<string> symbols, Dictionary<(string, string), int> ranks)
    {
        while (true)
        {
            (int best, int at) = (int.MaxValue, -1);
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (ranks.TryGetValue((symbols[i], symbols[i + 1]), out int rank) && rank < best)
                {
                    (best, at) = (rank, i);
                }
            }
            if (at < 0)
            {
                return;
            }
            symbols[at] += symbols[at + 1];
            symbols.RemoveAt(at + 1);
        }
    }

    private static string[] Bytes(string character, Dictionary<string, int> ids)
    {
        string[] bytes = [.. Encoding.UTF8.GetBytes(character).Select(value => value.ToString("X2", CultureInfo.InvariantCulture)).Select(hex => $"<0x{hex}>")];
        return bytes.All(ids.ContainsKey) ? bytes : [character];
    }

    private static Func<string, IEnumerable<int>> WordPiece(JsonElement model)
    {
        Dictionary<string, int> ids = Ids(model);
        int unknown = ids[TokenizerParts.Text(model, "unk_token")!];
        const int Longest = 100;
        return word =>
        {
            var found = new List<int>();
            for (int start = 0; start < word.Length;)
            {
                int end = word.Length;
                int id;
                while (!ids.TryGetValue((start > 0 ? "##" : "") + word[start..end], out id) && end > start)
                {
                    end--;
                }
                if (end == start || word.EnumerateRunes().Count() > Longest)
                {
                    return [unknown];
                }
                found.Add(id);
                start = end;
            }
            return found;
        };
    }

    private static Func<string, IEnumerable<int>> Unigram(JsonElement model)
    {
        var pieces = new Dictionary<string, (int Id, double Score)>(StringComparer.Ordinal);
        foreach (JsonElement piece in model.GetProperty("vocab").EnumerateArray())
        {
            pieces.TryAdd(piece[0].GetString()!, (pieces.Count, piece[1].GetDouble()));
        }
        int unknown = model.GetProperty("unk_id").GetInt32();
        double penalty = pieces.Values.Min(piece => piece.Score) - 10;
        int longest = pieces.Keys.Max(piece => piece.Length);
        return text => Best(text, pieces, unknown, penalty, longest);
    }

    // Viterbi's algorithm: best[i] is the best way to write the first i characters.
    private static List<int> Best(string text, Dictionary<string, (int Id, double Score)> pieces, int unknown, double penalty, int longest)
    {
        var best = new (double Score, int Start, int Id)[text.Length + 1];
        Array.Fill(best, (double.NegativeInfinity, 0, NoId));
        best[0] = (0, 0, NoId);
        for (int start = 0; start < text.Length; start += Character(text, start))
        {
            for (int end = start + 1; end <= Math.Min(text.Length, start + longest); end++)
            {
                if (pieces.TryGetValue(text[start..end], out (int Id, double Score) piece) && piece.Id != unknown && best[start].Score + piece.Score > best[end].Score)
                {
                    best[end] = (best[start].Score + piece.Score, start, piece.Id);
                }
            }
            int next = start + Character(text, start);
            if (!pieces.ContainsKey(text[start..next]) && best[start].Score + penalty > best[next].Score)
            {
                best[next] = (best[start].Score + penalty, start, unknown);
            }
        }
        var ids = new List<int>();
        for (int end = text.Length; end > 0; end = best[end].Start)
        {
            if (best[end].Id != unknown || ids.Count == 0 || ids[^1] != unknown) // consecutive unknown characters become one token
            {
                ids.Add(best[end].Id);
            }
        }
        ids.Reverse();
        return ids;
    }

    private static int Character(string text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;

    private static Dictionary<string, int> Ids(JsonElement model)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty token in model.GetProperty("vocab").EnumerateObject())
        {
            ids[token.Name] = token.Value.GetInt32();
        }
        return ids;
    }
}
