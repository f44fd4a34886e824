namespace ReferenceModels.Quantization;

/// <summary>BF16: the upper half of a binary32, little-endian; a block is one element.</summary>
internal readonly struct BF16 : IBlock
{
    public static int Elements => 1;

    public static int Bytes => 2;

    public static unsafe void Dequantize(byte* block, float* y) => *y = BitConverter.Int32BitsToSingle(*(ushort*)block << 16);
}
