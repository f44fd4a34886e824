using System.Runtime.InteropServices;
using System.Text.Json;
using Engine;
using Engine.Gguf;
using ReferenceModels.Heads;
using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Heads;

/// <summary>tests/Golden/heads/heads.json, and a file of heads with its weights.</summary>
internal sealed class HeadGolden
{
    private readonly JsonElement _json = JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedFolder.Checkout, "tests", "Golden", "heads", "heads.json"))).RootElement;

    /// <summary>A model of the heads' sizes, of which only the card matters.</summary>
    public static ModelCard Card { get; } = new()
    {
        Name = "golden",
        Path = "golden.gguf",
        Architecture = "bert",
        Backend = "none",
        Device = "cpu",
        FileType = "F32",
        Parameters = 0,
        TensorBytes = 0,
        VocabularySize = 17,
        EmbeddingLength = 12,
        Layers = 1,
        ContextLength = 64,
        TrainedContextLength = 64,
        Capabilities = ModelCapabilities.Embed,
    };

    public int[] Positions => [.. _json.GetProperty("positions").EnumerateArray().Select(position => position.GetInt32())];

    public double[] Logits(string head) => Values(Head(head).GetProperty("logits"));

    /// <summary>The c of loss = Σ logits ⊙ c.</summary>
    public double[] Loss(string head) => Values(Head(head).GetProperty("loss"));

    /// <summary>∂loss by name; <c>rows</c> is the input.</summary>
    public Dictionary<string, double[]> Gradients(string head) =>
        Head(head).GetProperty("gradients").EnumerateObject().ToDictionary(pair => pair.Name, pair => Values(pair.Value));

    public Tensor Rows(bool withGradient)
    {
        float[] rows = [.. Values(_json.GetProperty("rows")).Select(value => (float)value)];
        return new Tensor(rows, 0, rows.Length / Card.EmbeddingLength, Card.EmbeddingLength, withGradient ? new float[rows.Length] : null);
    }

    /// <summary>Writes the weights as a file of heads.</summary>
    public string Write(string path, uint pooling = 2, Action<GgufWriter>? more = null, Func<string, bool>? take = null)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", HeadFile.Architecture);
        writer.SetMetadata("heads.embedding_length", (uint)Card.EmbeddingLength);
        writer.SetMetadata("heads.classifier.pooling_type", pooling);
        writer.SetMetadata("heads.classifier.labels", ["no", "maybe", "yes"]);
        foreach (JsonProperty weight in _json.GetProperty("weights").EnumerateObject().Where(weight => take?.Invoke(weight.Name) ?? true))
        {
            long[] shape = [.. weight.Value.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64()).Reverse()];
            float[] values = [.. Values(weight.Value).Select(value => (float)value)];
            writer.AddTensor(weight.Name, shape, GgmlType.F32, MemoryMarshal.AsBytes<float>(values).ToArray());
        }
        more?.Invoke(writer);
        writer.Write(path);
        return path;
    }

    private JsonElement Head(string name) => _json.GetProperty("heads").GetProperty(name);

    private static double[] Values(JsonElement array) => [.. array.GetProperty("values").EnumerateArray().Select(value => value.GetDouble())];
}
