using System.Text.Json.Nodes;
using Engine.Gguf;
using Engine.HuggingFace.Vocabularies;

namespace Engine.HuggingFace.Exporting;

/// <summary>Writes a vocabulary of SentencePiece's BPE as a tokenizer.json. llama.cpp has a score for each token, Hugging Face an order of merges: every
/// way to make a token from two others becomes a merge, and tokens with higher scores come first.</summary>
internal static class SentencePieceExport
{
    private const string Blank = "▁";

    /// <summary>The normalizer, the decoder and the model.</summary>
    public static JsonObject Model(GgufMetadata metadata, string[] tokens, int[] kinds)
    {
        string[] texts = [.. tokens.Select((text, id) => kinds[id] == VocabularyTokens.UserDefined ? text.Replace(" ", Blank, StringComparison.Ordinal) : text)];
        bool prefix = metadata.GetBool(GgufKeys.AddSpacePrefix) ?? true;
        var steps = new JsonArray();
        if (prefix)
        {
            steps.Add((JsonNode)new JsonObject { ["type"] = "Prepend", ["prepend"] = Blank });
        }
        steps.Add((JsonNode)new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = Blank });
        var decoders = new JsonArray(
            new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = Blank }, ["content"] = " " }, new JsonObject { ["type"] = "ByteFallback" }, new JsonObject { ["type"] = "Fuse" });
        if (prefix)
        {
            decoders.Add((JsonNode)new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 });
        }
        return new JsonObject
        {
            ["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = steps },
            ["pre_tokenizer"] = null,
            ["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = decoders },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = texts[VocabularyExport.Unknown(metadata)],
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["ignore_merges"] = false,
                ["vocab"] = VocabularyExport.Ids(texts),
                ["merges"] = new JsonArray([.. Merges(metadata, texts, kinds).Select(merge => new JsonArray(merge.Left, merge.Right))]),
            },
        };
    }

    private static IEnumerable<(string Left, string Right)> Merges(GgufMetadata metadata, string[] texts, int[] kinds)
    {
        IReadOnlyList<float>? scores = metadata.GetFloat32s(GgufKeys.Scores);
        // Control tokens, bytes and the unknown token are not made by merges.
        int[] made = [.. Enumerable.Range(0, texts.Length).Where(id => kinds[id] is VocabularyTokens.Normal or VocabularyTokens.UserDefined)];
        Dictionary<string, int> ids = made.ToDictionary(id => texts[id], StringComparer.Ordinal);
        foreach (int id in made.OrderByDescending(id => scores?[id] ?? 0)) // among equal scores, the first
        {
            string text = texts[id];
            IEnumerable<int> cuts = Enumerable.Range(1, Math.Max(0, text.Length - 1)).Where(cut => ids.ContainsKey(text[..cut]) && ids.ContainsKey(text[cut..]));
            foreach (int cut in cuts.OrderBy(cut => ids[text[..cut]]).ThenBy(cut => ids[text[cut..]]))
            {
                yield return (text[..cut], text[cut..]);
            }
        }
    }
}
