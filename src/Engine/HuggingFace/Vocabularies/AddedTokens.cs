using System.Text.Json;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>Merges a vocabulary with the tokens added to it, which are found in a text before it is split.</summary>
internal static class AddedTokens
{
    // The largest of real vocabularies has 262,208.
    private const int MaxIds = 1 << 20;

    /// <summary>Reads the added tokens and merges them with the vocabulary.</summary>
    /// <param name="vocabulary">The texts and ids of the model.</param>
    /// <param name="file">tokenizer.json, or the object of another file that has <c>added_tokens</c>.</param>
    /// <param name="notes">Receives notes on what llama.cpp does differently with added tokens.</param>
    public static VocabularyTokens Read(IEnumerable<(string Text, int Id)> vocabulary, JsonElement file, List<string> notes)
    {
        var all = new Dictionary<int, (string Text, int Kind)>();
        foreach ((string text, int id) in vocabulary)
        {
            if (id is < 0 or >= MaxIds)
            {
                throw new ModelFileException($"Reading tokenizer.json: expected ids from 0 to {MaxIds - 1}, found {id} for '{text}'.");
            }
            if (!all.TryAdd(id, (text, VocabularyTokens.Normal)))
            {
                throw new ModelFileException($"Reading tokenizer.json: expected each id once, found {id} for '{all[id].Text}' and '{text}'.");
            }
        }
        var blanks = new List<string>();
        foreach (JsonElement added in List(file))
        {
            int id = added.GetProperty("id").GetInt32();
            string text = TokenizerParts.Require(added.GetProperty("content"));
            bool isSpecial = Flag(added, "special") || LooksSpecial(text);
            if (id is < 0 or >= MaxIds || (all.TryGetValue(id, out (string Text, int Kind) other) && other.Text != text))
            {
                throw new ModelFileException($"Reading tokenizer.json: expected an id of its own for the added token '{text}', found {id}.");
            }
            all[id] = (text, isSpecial ? VocabularyTokens.Control : VocabularyTokens.UserDefined);
            if (!isSpecial && (Flag(added, "lstrip") || Flag(added, "rstrip") || Flag(added, "single_word")))
            {
                blanks.Add(text);
            }
        }
        if (blanks.Count > 0)
        {
            notes.Add($"{blanks.Count} added tokens, '{blanks[0]}' among them, depend on the text around them (lstrip, rstrip or single_word), which llama.cpp ignores.");
        }
        int count = all.Count == 0 ? 0 : all.Keys.Max() + 1;
        (string? Text, int Kind)[] tokens = [.. Enumerable.Range(0, count).Select(id => all.TryGetValue(id, out (string Text, int Kind) token) ? token : (null, VocabularyTokens.Unused))];
        return new VocabularyTokens([.. tokens.Select(token => token.Text)], [.. tokens.Select(token => token.Kind)]);
    }

    /// <summary>The list in a tokenizer.json.</summary>
    public static IEnumerable<JsonElement> List(JsonElement file) =>
        file.TryGetProperty("added_tokens", out JsonElement added) && added.ValueKind == JsonValueKind.Array ? added.EnumerateArray() : [];

    /// <summary>Whether a token looks special. Many files list such tokens as ordinary ones, but llama.cpp's converter still makes them control tokens.</summary>
    public static bool LooksSpecial(string token) =>
        token is "<pad>" or "<mask>" or "<2mass>" or "[@BOS@]" or ['<', '|', .., '|', '>'] or ['<', '｜', .., '｜', '>'] || (token.StartsWith("<unused", StringComparison.Ordinal) && token[^1] == '>');

    private static bool Flag(JsonElement added, string name) => added.TryGetProperty(name, out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
}
