using System.Runtime.CompilerServices;

namespace ReferenceModels.Quantization;

/// <summary>BF16: the upper half of a binary32, little-endian; a block is one element.</summary>
internal readonly struct BF16 : IFloatBlock
{
    public static int Elements => 1;

    public static int Bytes => 2;

    public static ActivationFormat Activations => ActivationFormat.BF16;

    public static unsafe void Dequantize(byte* block, float* y) => *y = BitConverter.Int32BitsToSingle(*(ushort*)block << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe V Load<V, TLanes>(byte* p, ref V largest) where TLanes : ILanes<V> => TLanes.LoadUpperHalves((ushort*)p);

    public static bool IsFinite<V, TLanes>(V largest) where TLanes : ILanes<V> => true;
}
