using System.Text.Json;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace;

/// <summary>What sentence-transformers adds to a model: modules.json, a list of the steps from tokens to a vector.</summary>
/// <param name="Folder">The folder of the transformer's own files.</param>
/// <param name="Pooling">llama.cpp's number for the kind of pooling; null if the folder has no modules.json.</param>
/// <param name="Normalizes">Whether vectors are divided by their length.</param>
internal sealed record SentenceEncoder(ModelFolder Folder, uint? Pooling, bool Normalizes)
{
    private static readonly (string Flag, uint Number)[] Known =
        [("pooling_mode_cls_token", 2), ("pooling_mode_mean_tokens", 1), ("pooling_mode_lasttoken", 3)];

    /// <summary>Reads modules.json.</summary>
    /// <exception cref="ModelFileException">A step has no counterpart in llama.cpp.</exception>
    public static SentenceEncoder Read(ModelFolder folder)
    {
        using JsonDocument? modules = folder.ReadJson("modules.json");
        if (modules is null)
        {
            return new SentenceEncoder(folder, null, Normalizes: false);
        }
        var found = new SentenceEncoder(folder, null, Normalizes: false);
        if (modules.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new ModelFileException("Reading modules.json: expected a list of modules, found something else.");
        }
        foreach (JsonElement module in modules.RootElement.EnumerateArray())
        {
            string type = Text(module, "type"), path = Text(module, "path");
            string name = type.Split('.')[^1];
            if (!type.StartsWith("sentence_transformers.", StringComparison.Ordinal))
            {
                name = ""; // custom code
            }
            found = name switch
            {
                "Transformer" when path.Length == 0 => found,
                "Transformer" => found with { Folder = ModelFolder.Open(Path.Combine(folder.Path, folder.RequirePlain(path, "modules.json"))) },
                "Pooling" => found with { Pooling = ReadPooling(folder, folder.RequirePlain(path, "modules.json")) },
                "Normalize" => found with { Normalizes = true },
                _ => throw new ModelFileException($"Reading modules.json: expected Transformer, Pooling and Normalize of sentence-transformers, found '{type}'. llama.cpp has no such step, so the vectors would differ."),
            };
        }
        return found;
    }

    private static uint ReadPooling(ModelFolder folder, string path)
    {
        string file = $"{path}/config.json";
        using JsonDocument document = folder.ReadJson(file) ?? throw new ModelFileException($"Reading modules.json: expected '{file}' in the folder, found none. Download it.");
        JsonFields config = JsonFields.Of(file, document);
        config.Neutral("word_embedding_dimension");
        config.Require("include_prompt", expected: true);
        (string Flag, uint Number)[] on = [.. Known.Where(mode => config.Flag(mode.Flag, absent: false))];
        foreach (string other in (ReadOnlySpan<string>)["pooling_mode_max_tokens", "pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens"])
        {
            config.Require(other, expected: false);
        }
        config.RequireAllKnown();
        return on is [var only] ? only.Number
            : throw new ModelFileException($"Reading {file}: expected one way of pooling, found {(on.Length == 0 ? "none" : string.Join(" and ", on.Select(mode => mode.Flag)))}. llama.cpp has one.");
    }

    private static string Text(JsonElement module, string name) =>
        module.ValueKind == JsonValueKind.Object && module.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()!
            : throw new ModelFileException($"Reading modules.json: expected modules with a type and a path, found {module.ToString()}.");
}
