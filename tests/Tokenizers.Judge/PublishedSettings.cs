using System.Text.Json.Nodes;
using Engine.Gguf;

namespace Tokenizers.Judge;

/// <summary>Tokenizer.json files of models of which only the vocabulary is at hand, as GGUF: their settings are as published
/// with the models, their tokens and merges the file's.</summary>
internal static class PublishedSettings
{
    private const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""";

    private const string BeginningOfSequence = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}""";

    /// <summary>Writes one.</summary>
    public static void Write(string name, string gguf, string path)
    {
        using GgufFile file = GgufFile.Open(gguf);
        GgufStrings tokens = file.Metadata.RequireStrings(GgufKeys.Tokens);
        IReadOnlyList<int> kinds = file.Metadata.GetInt32s(GgufKeys.TokenTypes)!;
        var vocabulary = new JsonObject();
        var added = new JsonArray();
        for (int id = 0; id < tokens.Count; id++)
        {
            vocabulary.Add(tokens[id], id);
            if (kinds[id] is 2 or 3 or 4)
            {
                added.Add(new JsonObject
                {
                    ["id"] = id,
                    ["content"] = tokens[id],
                    ["single_word"] = false,
                    ["lstrip"] = false,
                    ["rstrip"] = false,
                    ["normalized"] = false,
                    ["special"] = kinds[id] != 4,
                });
            }
        }
        bool isSentencePiece = name == "llama-spm";
        var description = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = added,
            ["normalizer"] = isSentencePiece
                ? JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""")
                : null,
            ["pre_tokenizer"] = PreTokenizer(name),
            ["post_processor"] = isSentencePiece ? JsonNode.Parse(BeginningOfSequence) : null,
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = isSentencePiece ? "<unk>" : null,
                ["fuse_unk"] = isSentencePiece,
                ["byte_fallback"] = isSentencePiece,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. isSentencePiece ? MergesOf(tokens, file.Metadata.GetFloat32s(GgufKeys.Scores)!) : Listed(file.Metadata.RequireStrings(GgufKeys.Merges))]),
            },
        };
        File.WriteAllText(path, description.ToJsonString());
    }

    private static JsonNode? PreTokenizer(string name) => name switch
    {
        "gpt-2" => JsonNode.Parse(ByteLevel),
        "starcoder" => JsonNode.Parse($$"""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{{ByteLevel}}]}"""),
        "falcon" => JsonNode.Parse($$"""{"type":"Sequence","pretokenizers":[{"type":"Punctuation","behavior":"Contiguous"},{{ByteLevel}},{"type":"Digits","individual_digits":false},{"type":"Split","pattern":{"Regex":"[0-9][0-9][0-9]"},"behavior":"Isolated","invert":false}]}"""),
        _ => null,
    };

    private static IEnumerable<JsonNode?> Listed(GgufStrings merges) =>
        merges.Select(merge => (JsonNode?)JsonValue.Create(merge));

    // As Hugging Face's converter makes them of SentencePiece's scores: every pair of tokens that makes a token, the best score first.
    private static IEnumerable<JsonNode?> MergesOf(GgufStrings tokens, IReadOnlyList<float> scores)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < tokens.Count; id++)
        {
            ids[tokens[id]] = id;
        }
        var merges = new List<(int Left, int Right, float Score)>();
        for (int id = 0; id < tokens.Count; id++)
        {
            for (int cut = 1; cut < tokens[id].Length; cut++)
            {
                if (ids.TryGetValue(tokens[id][..cut], out int left) && ids.TryGetValue(tokens[id][cut..], out int right))
                {
                    merges.Add((left, right, scores[id]));
                }
            }
        }
        return merges.OrderByDescending(merge => merge.Score).ThenBy(merge => merge.Left).ThenBy(merge => merge.Right)
            .Select(merge => (JsonNode?)new JsonArray(tokens[merge.Left], tokens[merge.Right]));
    }
}
