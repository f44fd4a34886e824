using System.Text.Json;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>The special tokens that a folder's files name.</summary>
internal sealed record FolderSpecialTokenIds
{
    /// <summary>BOS.</summary>
    public int? BeginningOfSequence { get; init; }

    /// <summary>EOS.</summary>
    public int? EndOfSequence { get; init; }

    /// <summary>UNK.</summary>
    public int? Unknown { get; init; }

    /// <summary>SEP.</summary>
    public int? Separator { get; init; }

    /// <summary>PAD.</summary>
    public int? Padding { get; init; }

    /// <summary>CLS.</summary>
    public int? Classification { get; init; }

    /// <summary>MASK.</summary>
    public int? Mask { get; init; }

    /// <summary>The second token that ends an answer.</summary>
    public int? EndOfTurn { get; init; }

    /// <summary>The third token that ends an answer.</summary>
    public int? EndOfMessage { get; init; }

    /// <summary>Reads them: texts of tokenizer_config.json and special_tokens_map.json first, then ids of generation_config.json and config.json.</summary>
    /// <exception cref="ModelFileException">A text is not a token, or an id is not in the vocabulary.</exception>
    public static FolderSpecialTokenIds Read(ModelFolder folder, VocabularyTokens tokens)
    {
        using JsonDocument? tokenizer = folder.ReadJson("tokenizer_config.json"), map = folder.ReadJson("special_tokens_map.json");
        using JsonDocument? generation = folder.ReadJson("generation_config.json"), config = folder.ReadJson("config.json");
        int? eos = Named("eos_token") ?? Numbered("eos_token_id");
        int[] ends = [.. Ends(generation).Concat(Ends(config)).Distinct().Where(id => id != eos)];
        return new FolderSpecialTokenIds
        {
            BeginningOfSequence = Named("bos_token") ?? Numbered("bos_token_id"),
            EndOfSequence = eos,
            Unknown = Named("unk_token"),
            Separator = Named("sep_token") ?? Numbered("sep_token_id"),
            Padding = Named("pad_token") ?? Numbered("pad_token_id"),
            Classification = Named("cls_token"),
            Mask = Named("mask_token"),
            EndOfTurn = ends.Length > 0 ? ends[0] : null,
            EndOfMessage = ends.Length > 1 ? ends[1] : null,
        };

        int? Named(string name) => (Text(tokenizer, name) ?? Text(map, name)) is not { } text ? null
            : tokens.Find(text) ?? throw new ModelFileException($"Reading tokenizer_config.json: expected a token of the vocabulary in '{name}', found '{text}'. Correct the file.");

        int? Numbered(string name) => Ids(generation, name).Concat(Ids(config, name)).Select(id => (int?)id).FirstOrDefault();

        IEnumerable<int> Ends(JsonDocument? document) => Ids(document, "eos_token_id");

        IEnumerable<int> Ids(JsonDocument? document, string name) =>
            document is null ? [] : JsonFields.Of("config.json", document).Tokens(name).Where(id => id < tokens.Texts.Length);
    }

    // The value is a text, or the object of an added token.
    private static string? Text(JsonDocument? document, string name) =>
        document is null || document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(name, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String ? content.GetString() : null;
}
