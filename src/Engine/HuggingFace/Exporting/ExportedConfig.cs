using System.Globalization;
using System.Text.Json.Nodes;
using Engine.Gguf;

namespace Engine.HuggingFace.Exporting;

/// <summary>Makes config.json from a file's metadata.</summary>
internal sealed class ExportedConfig
{
    private static readonly (string Theirs, string Ours)[] Tokens =
        [("bos_token_id", GgufKeys.BosToken), ("eos_token_id", GgufKeys.EosToken), ("pad_token_id", GgufKeys.PaddingToken), ("sep_token_id", GgufKeys.SeparatorToken)];

    private readonly GgufFile _file;
    private readonly string _architecture;

    /// <param name="type">transformers' class.</param>
    /// <param name="architecture">llama.cpp's name of the architecture.</param>
    /// <param name="modelType">transformers' model_type, if it differs.</param>
    public ExportedConfig(GgufFile file, string type, string architecture, string? modelType = null)
    {
        (_file, _architecture) = (file, architecture);
        GgufTensor embedding = file.FindTensor("token_embd.weight") ?? throw new ModelFileException($"Exporting {file.FileName}: expected a model, found no 'token_embd.weight'. Give a file with weights.");
        V = (int)embedding.Shape[1];
        Json = new JsonObject
        {
            ["architectures"] = new JsonArray(type),
            ["model_type"] = modelType ?? architecture,
            ["torch_dtype"] = embedding.Type switch
            {
                GgmlType.F16 => "float16",
                GgmlType.BF16 => "bfloat16",
                _ => "float32",
            },
            ["vocab_size"] = V,
        };
        foreach ((string theirs, string ours) in Tokens)
        {
            if (file.Metadata.GetUInt32(ours) is { } id)
            {
                Json[theirs] = id;
            }
        }
    }

    public JsonObject Json { get; }

    /// <summary>The number of rows of the token embedding.</summary>
    public int V { get; }

    /// <summary>An integer of the file. An absent one has the given value; if none is given, it is refused.</summary>
    public int Number(string key, int? absent = null) =>
        _file.Metadata.GetUInt32($"{_architecture}.{key}") is { } value ? (int)value : absent ?? (int)_file.Metadata.RequireUInt32($"{_architecture}.{key}");

    /// <summary>A float of the file. In JSON it is the shortest text that reads back as this float.</summary>
    public double Float(string key) => Shortest(_file.Metadata.RequireFloat32($"{_architecture}.{key}"));

    /// <summary>Like <see cref="Float(string)"/>, with a value for an absent one.</summary>
    public double Float(string key, float absent) => Shortest(_file.Metadata.GetFloat32($"{_architecture}.{key}") ?? absent);

    /// <summary>A text of the file; null if it is absent.</summary>
    public string? Text(string key) => _file.Metadata.GetString($"{_architecture}.{key}");

    /// <summary>The error for a value that transformers' model does not support.</summary>
    public ModelFileException Refuse(string key, string expected, string found) =>
        new($"Exporting {_file.FileName}: expected {expected} in '{_architecture}.{key}', found {found}. It cannot be exported.");

    /// <summary>The double whose text is the shortest that reads back as this float.</summary>
    public static double Shortest(float value) => double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>Sets fields.</summary>
    public void Set(params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        foreach ((string name, JsonNode? value) in fields)
        {
            Json[name] = value;
        }
    }
}
