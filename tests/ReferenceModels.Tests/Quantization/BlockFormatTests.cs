using Engine;
using Engine.Gguf;
using ReferenceModels.Quantization;

namespace ReferenceModels.Tests.Quantization;

public class BlockFormatTests
{
    private const int Elements = 4096;

    public static TheoryData<GgmlType> Types => [.. BlockFormat.All.Select(format => format.Type)];

    [Theory, MemberData(nameof(Types))]
    public void Sizes_are_those_of_ggml(GgmlType type)
    {
        var format = BlockFormat.Of(type, "w");
        Assert.Equal(GgmlJudge.Block(type), (format.Elements, format.Bytes));
    }

    [Theory, MemberData(nameof(Types))]
    public unsafe void Dequantized_floats_are_those_of_ggml_bit_for_bit(GgmlType type)
    {
        var format = BlockFormat.Of(type, "w");
        for (var seed = 0; seed < 8; seed++)
        {
            var blocks = RandomBlocks.Of(format, Elements, seed, wild: true);
            var y = new float[Elements];
            fixed (byte* pBlocks = blocks)
            fixed (float* pY = y)
            {
                format.Dequantize(pBlocks, pY, Elements);
            }

            AssertSameBits(GgmlJudge.Dequantize(type, blocks, Elements), y);
        }
    }

    [Fact]
    public void Every_format_of_weights_is_known() =>
        // The other types are integers, doubles, and the blocks of activations.
        Assert.Empty(Enum.GetValues<GgmlType>().Except(BlockFormat.All.Select(format => format.Type)).Except(
            [GgmlType.I8, GgmlType.I16, GgmlType.I32, GgmlType.I64, GgmlType.F64, GgmlType.Q8_1, GgmlType.Q8_K]));

    [Theory, InlineData(GgmlType.I32, "I32"), InlineData(GgmlType.Q8_K, "Q8_K"), InlineData((GgmlType)36, "36")]
    public void An_unknown_format_is_refused_with_the_tensors_name(GgmlType type, string name)
    {
        var e = Assert.Throws<UnsupportedRequestException>(() => BlockFormat.Of(type, "blk.0.attn_q.weight"));
        Assert.Contains("blk.0.attn_q.weight", e.Message, StringComparison.Ordinal);
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
    }

    private static void AssertSameBits(float[] expected, float[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                Assert.Fail($"Element {i}: expected {expected[i]:R}, found {actual[i]:R}.");
            }
        }
    }
}
