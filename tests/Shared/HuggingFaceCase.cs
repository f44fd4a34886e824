using System.Text.Json;

namespace Tests.Shared;

/// <summary>A checkpoint of tests/Golden/huggingface with PyTorch's numbers.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Dtype">Of its weights.</param>
/// <param name="Shards">Files of them.</param>
/// <param name="Config">config.json.</param>
/// <param name="Tensors">Shapes by name.</param>
/// <param name="Tokens">Of a target, for an encoder–decoder.</param>
/// <param name="Source">Of an encoder–decoder.</param>
internal sealed record HuggingFaceCase(
    string Name, string Dtype, int Shards, JsonElement Config, Dictionary<string, long[]> Tensors, int[] Tokens, int[] Source)
{
    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>(T, V), of a decoder.</summary>
    public float[]? Logits { get; init; }

    /// <summary>(T, d), of an encoder, as the model was trained.</summary>
    public float[]? Rows { get; init; }

    /// <summary>(T, d), with GELU in its tanh form.</summary>
    public float[]? RowsTanh { get; init; }

    /// <summary>Of a classifier.</summary>
    public float[]? Scores { get; init; }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<HuggingFaceCase> All { get; } = JsonSerializer.Deserialize<HuggingFaceCase[]>(
        File.ReadAllText(Path.Combine(SharedFolder.Checkout, "tests", "Golden", "huggingface", "huggingface.json")), Form)!;

    /// <summary>One of them.</summary>
    public static HuggingFaceCase Of(string name) => All.Single(each => each.Name == name);

    /// <summary>Writes its folder.</summary>
    public string Write(string folder)
    {
        SafetensorsWriter.WriteFolder(folder, Config.GetRawText(), Dtype, Shards, [.. Tensors.Select(tensor => (tensor.Key, tensor.Value))]);
        return folder;
    }
}
