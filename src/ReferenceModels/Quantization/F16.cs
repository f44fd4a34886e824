namespace ReferenceModels.Quantization;

/// <summary>F16: IEEE binary16, little-endian; a block is one element.</summary>
internal readonly struct F16 : IBlock
{
    public static int Elements => 1;

    public static int Bytes => 2;

    public static unsafe void Dequantize(byte* block, float* y) => *y = (float)*(Half*)block;
}
