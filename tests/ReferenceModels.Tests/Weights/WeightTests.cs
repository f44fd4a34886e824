using Engine;
using Engine.Gguf;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Weights;

public unsafe class WeightTests
{
    [Fact]
    public void Rows_that_are_not_whole_blocks_are_refused_by_name()
    {
        var e = Assert.Throws<ModelFileException>(() => Weight.Frozen("blk.0.ffn_down.weight", GgmlType.Q4_K, 8, 300, null));
        Assert.Contains("'blk.0.ffn_down.weight': expected rows of a multiple of 256 elements, as Q4_K needs, found rows of 300", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trainable_weight_is_read_where_it_is_written()
    {
        Weight weight = Weight.Trainable("w", 2, 3);
        float[] values = [1, 2, 3, 4, 5, 6], row = new float[3];
        values.CopyTo(weight.Values!, 0);
        weight.ReadRow(1, row);
        Assert.Equal([4, 5, 6], row);
        Assert.Throws<ArgumentOutOfRangeException>(() => weight.ReadRow(2, row));
        Assert.Equal(6, weight.Gradient!.Length);
    }
}
