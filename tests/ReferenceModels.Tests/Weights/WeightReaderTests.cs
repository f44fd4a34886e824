using Engine;
using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Weights;

public sealed class WeightReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_tensor_of_another_shape_is_refused_with_both_shapes_and_their_origin()
    {
        using GgufFile file = Make(("blk.3.attn_k.weight", [64, 64]));
        var refusal = Assert.Throws<ModelFileException>(() => new WeightReader(file).Enter("blk.3").Matrix("attn_k.weight", 32, 64, "head_count_kv 4 × head_dim 8"));
        Assert.Equal(
            "Loading 'blk.3.attn_k.weight' from tiny.gguf: expected (64, 32) from head_count_kv 4 × head_dim 8, file has (64, 64). The file's metadata and its tensors disagree; convert it again.",
            refusal.Message);
    }

    [Fact]
    public void A_missing_tensor_is_refused_by_name_unless_it_is_optional()
    {
        using GgufFile file = Make(("a", [2]));
        Assert.Null(new WeightReader(file).OptionalMatrix("b", 2, 2));
        Assert.Null(new WeightReader(file).OptionalVector("b", 2));
        Assert.StartsWith("Loading 'b' from tiny.gguf: expected a tensor (2, 3)", Assert.Throws<ModelFileException>(() => new WeightReader(file).Matrix("b", 3, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_was_not_requested_is_refused_unless_it_may_be_ignored()
    {
        using GgufFile file = Make(("a", [2]), ("left", [2]), ("other", [2]));
        var reader = new WeightReader(file);
        reader.Vector("a", 2);
        var refusal = Assert.Throws<ModelFileException>(() => reader.RequireAllUsed(new Dictionary<string, string> { ["left"] = "only used in training" }));
        Assert.Contains("found 'other' besides", refusal.Message, StringComparison.Ordinal);
        reader.Vector("other", 2);
        reader.RequireAllUsed(new Dictionary<string, string> { ["left"] = "only used in training" });
    }

    [Fact]
    public void A_frozen_weight_is_read_in_place_from_the_mapping()
    {
        using GgufFile file = Make(("a", [2, 3]));
        Weight weight = new WeightReader(file).Matrix("a", 3, 2);
        Assert.Null(weight.Memory);
        var row = new float[2];
        weight.ReadRow(2, row);
        Assert.Equal([4f, 5f], row);
    }

    [Fact]
    public void A_trainable_weight_is_a_copy_with_a_gradient()
    {
        using GgufFile file = Make(("a", [2, 3]));
        Weight weight = new WeightReader(file, trainable: true).Matrix("a", 3, 2);
        Assert.Equal([0f, 1, 2, 3, 4, 5], weight.Values!);
        Assert.Equal(6, weight.Gradient!.Length);
    }

    [Theory]
    [InlineData("blk.0.attn_q_norm.weight")]
    [InlineData("blk.0.attn_qkv.bias")] // queries, keys and values are not fused
    public void A_llama_with_an_unused_tensor_is_refused(string name)
    {
        var random = new RandomLlama { ExtraTensor = name };
        using GgufFile file = GgufFile.Open(random.Write(_folder.File("extra.gguf")));
        Assert.Contains($"'{name}'", Assert.Throws<ModelFileException>(() => Llama.Load(file, random.V)).Message, StringComparison.Ordinal);
    }

    private GgufFile Make(params (string Name, long[] Shape)[] tensors)
    {
        var writer = new GgufWriter();
        foreach ((string name, long[] shape) in tensors)
        {
            float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => (float)i)];
            writer.AddTensor(name, shape, GgmlType.F32, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray());
        }
        string path = _folder.File("tiny.gguf");
        writer.Write(path);
        return GgufFile.Open(path);
    }
}
