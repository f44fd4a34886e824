using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class GgmlBlockTests
{
    /// <summary>The numbers are GGML_QUANT_SIZES of llama.cpp v0.5.0's own Python package (gguf-py/gguf/constants.py).</summary>
    [Theory]
    [InlineData(0, "F32", 1, 4)]
    [InlineData(1, "F16", 1, 2)]
    [InlineData(2, "Q4_0", 32, 18)]
    [InlineData(3, "Q4_1", 32, 20)]
    [InlineData(6, "Q5_0", 32, 22)]
    [InlineData(7, "Q5_1", 32, 24)]
    [InlineData(8, "Q8_0", 32, 34)]
    [InlineData(9, "Q8_1", 32, 36)]
    [InlineData(10, "Q2_K", 256, 84)]
    [InlineData(11, "Q3_K", 256, 110)]
    [InlineData(12, "Q4_K", 256, 144)]
    [InlineData(13, "Q5_K", 256, 176)]
    [InlineData(14, "Q6_K", 256, 210)]
    [InlineData(15, "Q8_K", 256, 292)]
    [InlineData(16, "IQ2_XXS", 256, 66)]
    [InlineData(17, "IQ2_XS", 256, 74)]
    [InlineData(18, "IQ3_XXS", 256, 98)]
    [InlineData(19, "IQ1_S", 256, 50)]
    [InlineData(20, "IQ4_NL", 32, 18)]
    [InlineData(21, "IQ3_S", 256, 110)]
    [InlineData(22, "IQ2_S", 256, 82)]
    [InlineData(23, "IQ4_XS", 256, 136)]
    [InlineData(24, "I8", 1, 1)]
    [InlineData(25, "I16", 1, 2)]
    [InlineData(26, "I32", 1, 4)]
    [InlineData(27, "I64", 1, 8)]
    [InlineData(28, "F64", 1, 8)]
    [InlineData(29, "IQ1_M", 256, 56)]
    [InlineData(30, "BF16", 1, 2)]
    [InlineData(34, "TQ1_0", 256, 54)]
    [InlineData(35, "TQ2_0", 256, 66)]
    [InlineData(39, "MXFP4", 32, 17)]
    [InlineData(40, "NVFP4", 64, 36)]
    [InlineData(41, "Q1_0", 128, 18)]
    [InlineData(42, "Q2_0", 64, 18)]
    public void A_block_has_the_size_that_ggml_gives_it(int type, string name, int elements, int bytes)
    {
        GgmlBlock block = GgmlBlock.Of((GgmlType)type);

        Assert.Equal((elements, bytes), (block.Elements, block.Bytes));
        Assert.Equal(name, ((GgmlType)type).ToString());
        Assert.Equal(name, block.Name, ignoreCase: true);
    }

    [Fact]
    public void Every_type_has_a_block() =>
        Assert.All(Enum.GetValues<GgmlType>(), type => Assert.True(GgmlBlock.IsDefined(type)));

    [Theory]
    [InlineData(4)]
    [InlineData(31)]
    [InlineData(43)]
    [InlineData(-1)]
    public void A_removed_or_unknown_type_has_none(int type)
    {
        Assert.False(GgmlBlock.IsDefined((GgmlType)type));
        Assert.Throws<ArgumentOutOfRangeException>(() => GgmlBlock.Of((GgmlType)type));
    }
}
