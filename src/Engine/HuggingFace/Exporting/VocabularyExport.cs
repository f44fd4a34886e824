using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Gguf;
using Engine.HuggingFace.Rules;
using Engine.HuggingFace.Vocabularies;
using Engine.Tokenizers;

namespace Engine.HuggingFace.Exporting;

/// <summary>Exports a file's vocabulary as a tokenizer.json.</summary>
internal static class VocabularyExport
{
    private const string Blank = "▁";

    private static readonly (string Theirs, string Ours)[] Special =
    [
        ("bos_token", GgufKeys.BosToken), ("eos_token", GgufKeys.EosToken), ("unk_token", GgufKeys.UnknownToken), ("sep_token", GgufKeys.SeparatorToken),
        ("pad_token", GgufKeys.PaddingToken), ("cls_token", GgufKeys.ClassificationToken), ("mask_token", GgufKeys.MaskToken),
    ];

    /// <summary>tokenizer.json.</summary>
    /// <exception cref="ModelFileException">The kind of the vocabulary has no counterpart here.</exception>
    public static JsonObject Tokenizer(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        string[] tokens = [.. metadata.RequireStrings(GgufKeys.Tokens)];
        int[] kinds = [.. metadata.GetInt32s(GgufKeys.TokenTypes) ?? [.. tokens.Select(_ => VocabularyTokens.Normal)]];
        string kind = metadata.RequireString(GgufKeys.TokenizerModel);
        JsonObject json = kind switch
        {
            "gpt2" => ByteLevel(metadata, tokens),
            "llama" => SentencePieceExport.Model(metadata, tokens, kinds),
            "bert" => WordPiece(metadata, tokens, kinds),
            "t5" => Unigram(metadata, tokens),
            _ => throw new ModelFileException($"Exporting {file.FileName}: expected a vocabulary of byte-level BPE, SentencePiece's BPE, WordPiece or Unigram ('gpt2', 'llama', 'bert', 't5'), found '{kind}'. It cannot be written as a tokenizer.json here."),
        };
        json["version"] = "1.0";
        json["added_tokens"] = new JsonArray([.. tokens.Select((text, id) => (text, id)).Where(token => IsAdded(kind, token.text, kinds[token.id]))
            .Select(token => new JsonObject
            {
                ["id"] = token.id,
                ["content"] = token.text,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = kinds[token.id] != VocabularyTokens.UserDefined,
            })]);
        json["post_processor"] = Surround(metadata, tokens, kind == "bert");
        return json;
    }

    // Runs of blanks that a SentencePiece vocabulary lists as added tokens are made by merges here, because Hugging Face's tokenizers look for added tokens before blanks become '▁'.
    private static bool IsAdded(string model, string text, int kind) => kind is VocabularyTokens.Unknown or VocabularyTokens.Control
        || (kind == VocabularyTokens.UserDefined && !(model == "llama" && text.Contains(' ', StringComparison.Ordinal)));

    /// <summary>Refuses a tokenizer.json that splits one of the built-in texts differently from the file's vocabulary.</summary>
    /// <exception cref="ModelFileException">It splits a text differently.</exception>
    public static void RequireSameIds(GgufFile file, JsonObject tokenizer)
    {
        ITokenizer own = FileTokenizer.Read(file.Metadata, file.Metadata.RequireString(GgufKeys.Architecture), TokenizerRule.Trained);
        using JsonDocument document = JsonDocument.Parse(tokenizer.ToJsonString());
        var rules = new TokenizerRules(document.RootElement);
        foreach (string text in TokenizerSample.Texts)
        {
            if (Encode(own, text) is { } expected && !expected.SequenceEqual(rules.Encode(text)))
            {
                throw new ModelFileException($"Exporting {file.FileName}: expected a vocabulary that tokenizer.json's rules split texts by as the file does, found \"{text}\" split otherwise. It cannot be exported.");
            }
        }
    }

    // The ids, or null if the vocabulary cannot spell the text.
    private static IReadOnlyList<int>? Encode(ITokenizer tokenizer, string text)
    {
        try
        {
            return tokenizer.Encode(text, addSpecial: false);
        }
        catch (UnsupportedRequestException)
        {
            return null;
        }
    }

    /// <summary>tokenizer_config.json.</summary>
    public static JsonObject Settings(GgufFile file)
    {
        var json = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["clean_up_tokenization_spaces"] = false };
        GgufStrings tokens = file.Metadata.RequireStrings(GgufKeys.Tokens);
        VocabularyDefaults? absent = file.Metadata.GetString(GgufKeys.TokenizerModel) == "llama" ? VocabularyDefaults.For("llama", "") : null;
        foreach ((string theirs, string ours) in Special)
        {
            int? silent = theirs switch
            {
                "bos_token" => absent?.BeginningOfSequence,
                "eos_token" => absent?.EndOfSequence,
                "unk_token" => absent?.Unknown,
                _ => null,
            };
            if (((int?)file.Metadata.GetUInt32(ours) ?? silent) is { } id && (uint)id < (uint)tokens.Count)
            {
                json[theirs] = tokens[id];
            }
        }
        if (file.Metadata.GetUInt32(file.Metadata.RequireString(GgufKeys.Architecture) + ".context_length") is { } length)
        {
            json["model_max_length"] = length;
        }
        if (file.Metadata.GetString(GgufKeys.ChatTemplate) is { } template)
        {
            json["chat_template"] = template;
        }
        return json;
    }

    private static JsonObject ByteLevel(GgufMetadata metadata, string[] tokens)
    {
        IReadOnlyList<string> steps = WordPattern.Steps(metadata.GetString(GgufKeys.TokenizerPre) ?? "default");
        var cuts = new JsonArray([.. steps.Select(Cut).OfType<JsonNode>()]);
        if (!steps.Contains("gpt2"))
        {
            cuts.Add((JsonNode)new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = false });
        }
        return new JsonObject
        {
            ["normalizer"] = steps.Contains("NFC") ? new JsonObject { ["type"] = "NFC" } : null,
            ["pre_tokenizer"] = cuts.Count == 1 ? cuts[0]!.DeepClone() : new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = cuts },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = steps.Contains("ignore_merges"),
                ["vocab"] = Ids(tokens),
                ["merges"] = new JsonArray([.. metadata.RequireStrings(GgufKeys.Merges).Select(merge => (JsonNode)merge)]),
            },
        };
    }

    private static JsonObject? Cut(string step) => step switch
    {
        "gpt2" => new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
        "digits" or "digits:1" => new JsonObject { ["type"] = "Digits", ["individual_digits"] = step == "digits:1" },
        "punctuation:Contiguous" => new JsonObject { ["type"] = "Punctuation", ["behavior"] = "Contiguous" },
        ['r', ':', .. string pattern] => new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false },
        _ => null, // this part has no step
    };

    private static JsonObject WordPiece(GgufMetadata metadata, string[] tokens, int[] kinds)
    {
        bool lowercases = metadata.GetBool("tokenizer.ggml.normalizer.lowercase") ?? true;
        return new JsonObject
        {
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = true,
                ["strip_accents"] = metadata.GetBool("tokenizer.ggml.normalizer.strip_accents") ?? lowercases,
                ["lowercase"] = lowercases,
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = tokens[Unknown(metadata)],
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = Ids([.. tokens.Select((text, id) => kinds[id] != VocabularyTokens.Normal ? text : text.StartsWith(Blank, StringComparison.Ordinal) ? text[1..] : "##" + text)]),
            },
        };
    }

    private static JsonObject Unigram(GgufMetadata metadata, string[] tokens)
    {
        IReadOnlyList<float> scores = metadata.GetFloat32s(GgufKeys.Scores)!;
        var normalizers = new JsonArray();
        byte[] map = metadata.GetBytes("tokenizer.ggml.precompiled_charsmap") ?? [];
        if (map.Length > 0)
        {
            normalizers.Add((JsonNode)new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = Convert.ToBase64String(map) });
        }
        if (metadata.GetBool("tokenizer.ggml.remove_extra_whitespaces") ?? false)
        {
            // Only at spaces. WhitespaceSplit, which converters write, would also split at line ends and tabs.
            normalizers.Add((JsonNode)Replace(TokenizerJson.BlanksAtTheEnds, ""));
            normalizers.Add((JsonNode)Replace(TokenizerJson.BlanksInARow, " "));
        }
        bool prefix = metadata.GetBool(GgufKeys.AddSpacePrefix) ?? false;
        return new JsonObject
        {
            ["normalizer"] = normalizers.Count == 0 ? null : new JsonObject { ["type"] = "Sequence", ["normalizers"] = normalizers },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = Blank, ["prepend_scheme"] = prefix ? "always" : "never", ["split"] = true },
            ["decoder"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = Blank, ["prepend_scheme"] = prefix ? "always" : "never", ["split"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "Unigram",
                ["unk_id"] = Unknown(metadata),
                ["byte_fallback"] = false,
                ["vocab"] = new JsonArray([.. tokens.Select((text, id) => new JsonArray(text, scores[id]))]),
            },
        };
    }

    private static JsonObject Replace(string regex, string content) => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["Regex"] = regex }, ["content"] = content };

    /// <summary>The id of the token for text that the vocabulary cannot spell.</summary>
    public static int Unknown(GgufMetadata metadata) => (int?)metadata.GetUInt32(GgufKeys.UnknownToken)
        ?? VocabularyDefaults.For(metadata.RequireString(GgufKeys.TokenizerModel), "").Unknown!.Value;

    /// <summary>Ids by their texts.</summary>
    public static JsonObject Ids(string[] tokens) => new(tokens.Select((text, id) => KeyValuePair.Create(text, (JsonNode?)id)));

    private static JsonObject? Surround(GgufMetadata metadata, string[] tokens, bool isWordPiece)
    {
        Vocabulary vocabulary = Vocabulary.Read(metadata)!; // which applies the defaults for absent keys
        int? before = isWordPiece || vocabulary.AddsBeginningOfSequence ? vocabulary.BeginningOfSequence : null;
        int? after = isWordPiece ? vocabulary.Separator : vocabulary.AddsEndOfSequence ? vocabulary.EndOfSequence : null;
        int[] special = [.. new[] { before, after }.OfType<int>().Distinct()];
        return special.Length == 0 ? null : new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray([.. Token(before, 0), Text("A", 0), .. Token(after, 0)]),
            ["pair"] = new JsonArray([.. Token(before, 0), Text("A", 0), .. Token(after, 0), Text("B", 1), .. Token(after, 1)]),
            ["special_tokens"] = new JsonObject(special.Select(id => KeyValuePair.Create(tokens[id], (JsonNode?)new JsonObject
            {
                ["id"] = tokens[id],
                ["ids"] = new JsonArray(id),
                ["tokens"] = new JsonArray(tokens[id]),
            }))),
        };

        JsonNode[] Token(int? id, int segment) => id is { } token ? [new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = tokens[token], ["type_id"] = segment } }] : [];

        static JsonNode Text(string name, int segment) => new JsonObject { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = segment } };
    }
}
