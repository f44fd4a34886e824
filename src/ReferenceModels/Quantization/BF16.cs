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
    public static unsafe float* Unpack<V, TLanes>(byte* blocks, float* scratch, ref V largest) where TLanes : ILanes<V>
    {
        TLanes.Store(TLanes.LoadUpperHalves((ushort*)blocks), scratch);
        TLanes.Store(TLanes.LoadUpperHalves((ushort*)blocks + TLanes.Count), scratch + TLanes.Count);
        if (BlockFormat.Run > 2 * TLanes.Count)
        {
            TLanes.Store(TLanes.LoadUpperHalves((ushort*)blocks + 2 * TLanes.Count), scratch + 2 * TLanes.Count);
            TLanes.Store(TLanes.LoadUpperHalves((ushort*)blocks + 3 * TLanes.Count), scratch + 3 * TLanes.Count);
        }
        return scratch;
    }

    public static bool IsFinite<V, TLanes>(V largest) where TLanes : ILanes<V> => true;
}
