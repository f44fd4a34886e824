using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>The tokenizer of a folder: tokenizer.json, or one of its predecessors: vocab.txt (BERT), vocab.json with merges.txt (GPT-2),
/// tokenizer.model (SentencePiece).</summary>
/// <param name="Plan">The vocabulary in llama.cpp's form.</param>
/// <param name="Rules">A tokenizer.json, read or made from the older files, whose own rules split texts; null if there is only a tokenizer.model.</param>
internal sealed record FolderVocabulary(VocabularyPlan Plan, JsonDocument? Rules) : IDisposable
{
    // transformers' classes that put BOS before a text whatever tokenizer.json says.
    private static readonly string[] LlamaClasses =
        ["LlamaTokenizer", "LlamaTokenizerFast", "CodeLlamaTokenizer", "CodeLlamaTokenizerFast", "GemmaTokenizer", "GemmaTokenizerFast"];

    /// <inheritdoc/>
    public void Dispose() => Rules?.Dispose();

    /// <summary>Reads the tokenizer.</summary>
    /// <param name="notes">Receives notes for the user.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="ModelFileException">It cannot be written as one of llama.cpp's vocabularies.</exception>
    public static FolderVocabulary? Read(ModelFolder folder, List<string> notes)
    {
        using JsonDocument? config = folder.ReadJson("tokenizer_config.json");
        JsonElement settings = config?.RootElement is { ValueKind: JsonValueKind.Object } root ? root : JsonDocument.Parse("{}").RootElement;
        if ((folder.ReadJson("tokenizer.json") ?? FromWords(folder, settings) ?? FromMerges(folder, settings)) is { } rules) // the older files in the newer form
        {
            try
            {
                VocabularyPlan plan = TokenizerJson.Read(rules.RootElement, notes);
                return new FolderVocabulary(LlamaClasses.Contains(TokenizerParts.Text(settings, "tokenizer_class")) ? plan with { Around = ByClass(settings, plan.Tokens) } : plan, rules);
            }
            catch
            {
                rules.Dispose();
                throw;
            }
        }
        return (folder.ReadBytes("tokenizer.model") ?? folder.ReadBytes("spiece.model")) is { } bytes // as T5 calls it
            ? new FolderVocabulary(SentencePieceFile.Read(bytes, Added(settings), tokens => ByClass(settings, tokens), notes), null)
            : null;
    }

    // By default, T5's tokenizer ends a text with EOS and LLaMA's begins one with BOS.
    private static SurroundingTokens ByClass(JsonElement settings, VocabularyTokens tokens)
    {
        bool isLlama = LlamaClasses.Contains(TokenizerParts.Text(settings, "tokenizer_class")) || TokenizerParts.Text(settings, "tokenizer_class") is null;
        bool before = TokenizerParts.Flag(settings, "add_bos_token", isLlama), after = TokenizerParts.Flag(settings, "add_eos_token", TokenizerParts.Text(settings, "tokenizer_class") is "T5Tokenizer" or "T5TokenizerFast");
        return new SurroundingTokens(before ? Token("bos_token", "<s>") : null, after ? Token("eos_token", "</s>") : null);

        int? Token(string name, string absent) => tokens.Find(
            settings.TryGetProperty(name, out JsonElement value) ? (value.ValueKind == JsonValueKind.Object ? TokenizerParts.Text(value, "content") : value.ToString()) ?? absent : absent);
    }

    // added_tokens_decoder: {"32000": {"content": …}} → added_tokens: [{"id": 32000, "content": …}]
    private static JsonElement Added(JsonElement settings)
    {
        var list = new JsonArray();
        if (settings.TryGetProperty("added_tokens_decoder", out JsonElement decoder) && decoder.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty token in decoder.EnumerateObject())
            {
                if (JsonNode.Parse(token.Value.GetRawText()) is not JsonObject entry || !int.TryParse(token.Name, out int id) || entry["content"] is null)
                {
                    throw new ModelFileException($"Reading tokenizer_config.json: expected tokens by their ids in 'added_tokens_decoder', found '{token.Name}'.");
                }
                entry["id"] = id;
                list.Add((JsonNode)entry);
            }
        }
        return JsonElement.Parse(new JsonObject { ["added_tokens"] = list }.ToJsonString());
    }

    // vocab.txt has a token on each line, whose number is the id.
    private static JsonDocument? FromWords(ModelFolder folder, JsonElement settings)
    {
        if (folder.ReadText("vocab.txt") is not { } text)
        {
            return null;
        }
        var vocabulary = new JsonObject();
        string[] lines = text.Split('\n');
        for (int id = 0; id < lines.Length && (id < lines.Length - 1 || lines[id].Length > 0); id++)
        {
            if (!vocabulary.TryAdd(lines[id].TrimEnd('\r'), id))
            {
                throw new ModelFileException($"Reading vocab.txt: expected each token once, found '{lines[id].TrimEnd('\r')}' again on line {id + 1}.");
            }
        }
        bool lowercases = TokenizerParts.Flag(settings, "do_lower_case", absent: true);
        string[] special = [.. new[] { ("unk_token", "[UNK]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"), ("cls_token", "[CLS]"), ("mask_token", "[MASK]") }
            .Select(pair => TokenizerParts.Text(settings, pair.Item1) ?? pair.Item2)];
        int Id(string token) => vocabulary.TryGetPropertyValue(token, out JsonNode? id) ? id!.GetValue<int>()
            : throw new ModelFileException($"Reading vocab.txt: expected the token '{token}', found none. A vocab.txt is read as BERT's.");
        return ToDocument(new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. special.Where(vocabulary.ContainsKey).Select(token => new JsonObject { ["id"] = Id(token), ["content"] = token, ["special"] = true })]),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = TokenizerParts.Flag(settings, "tokenize_chinese_chars", absent: true),
                ["strip_accents"] = TokenizerParts.Flag(settings, "strip_accents", absent: lowercases),
                ["lowercase"] = lowercases,
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "BertProcessing",
                ["cls"] = new JsonArray(special[3], Id(special[3])),
                ["sep"] = new JsonArray(special[1], Id(special[1])),
            },
            ["model"] = new JsonObject { ["type"] = "WordPiece", ["unk_token"] = special[0], ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = vocabulary },
        });
    }

    // vocab.json has the ids by token; merges.txt has two pieces on each line, after a line with the version.
    private static JsonDocument? FromMerges(ModelFolder folder, JsonElement settings)
    {
        if (folder.ReadText("vocab.json") is not { } words || folder.ReadText("merges.txt") is not { } merges)
        {
            return null;
        }
        if (TokenizerParts.Text(settings, "tokenizer_class") is { } name && name is not ("GPT2Tokenizer" or "GPT2TokenizerFast"))
        {
            throw new ModelFileException($"Importing the vocabulary: expected tokenizer.json, found vocab.json and merges.txt of a {name}, which do not say how words are cut. Save the tokenizer as tokenizer.json (transformers: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)).");
        }
        if (JsonNode.Parse(words) is not JsonObject vocabulary)
        {
            throw new ModelFileException("Reading vocab.json: expected an object of tokens and ids, found something else.");
        }
        const string End = "<|endoftext|>";
        JsonArray added = vocabulary[End] is { } id ? [new JsonObject { ["id"] = id.DeepClone(), ["content"] = End, ["special"] = true }] : [];
        return ToDocument(new JsonObject
        {
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = TokenizerParts.Flag(settings, "add_prefix_space", absent: false), ["use_regex"] = true },
            ["post_processor"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Split('\n').Select(line => line.TrimEnd('\r')).Where((line, number) => line.Length > 0 && !(number == 0 && line.StartsWith("#version", StringComparison.Ordinal)))
                    .Select(line => (JsonNode)line)]),
            },
        });
    }

    private static JsonDocument ToDocument(JsonObject file) => JsonDocument.Parse(file.ToJsonString());
}
