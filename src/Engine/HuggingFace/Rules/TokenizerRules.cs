using System.Text.Json;
using Engine.HuggingFace.Vocabularies;

namespace Engine.HuggingFace.Rules;

/// <summary>Runs a tokenizer.json by its own rules, step by step, to judge the vocabulary imported from it. Slow, meant for short texts, and limited
/// to the steps that can be imported.</summary>
internal sealed class TokenizerRules
{
    private readonly IReadOnlyList<Func<string, string>> _normalizers;
    private readonly IReadOnlyList<Func<string, IEnumerable<string>>> _cutters;
    private readonly Func<string, IEnumerable<int>> _model;
    private readonly (string Text, int Id)[] _added;

    /// <param name="file">The root of tokenizer.json.</param>
    public TokenizerRules(JsonElement file)
    {
        _normalizers = [.. TokenizerParts.Steps(file, "normalizer").Select(NormalizerRules.Of)];
        _cutters = [.. TokenizerParts.Steps(file, "pre_tokenizer").Select(CutRules.Of)];
        _model = ModelRules.Of(file.GetProperty("model"));
        // Special tokens typed by users are plain text here. Of the other added tokens, the longest comes first.
        _added = [.. AddedTokens.List(file)
            .Where(added => !TokenizerParts.Flag(added, "special", absent: false) && !AddedTokens.LooksSpecial(added.GetProperty("content").GetString()!))
            .Select(added => (added.GetProperty("content").GetString()!, added.GetProperty("id").GetInt32())).OrderByDescending(added => added.Item1.Length)];
    }

    /// <summary>The ids of a text, without the special tokens before and after it.</summary>
    public int[] Encode(string text)
    {
        var ids = new List<int>();
        int start = 0;
        for (int at = 0; at < text.Length;)
        {
            (string found, int id) = _added.FirstOrDefault(added => string.CompareOrdinal(text, at, added.Text, 0, added.Text.Length) == 0);
            if (found is null)
            {
                at++;
                continue;
            }
            Split(text[start..at], ids);
            ids.Add(id);
            start = at += found.Length;
        }
        Split(text[start..], ids);
        return [.. ids];
    }

    private void Split(string text, List<int> ids)
    {
        if (text.Length == 0)
        {
            return;
        }
        IEnumerable<string> pieces = [_normalizers.Aggregate(text, (normalized, step) => step(normalized))];
        foreach (Func<string, IEnumerable<string>> cut in _cutters)
        {
            pieces = pieces.SelectMany(cut).Where(piece => piece.Length > 0);
        }
        ids.AddRange(pieces.SelectMany(_model));
    }
}
