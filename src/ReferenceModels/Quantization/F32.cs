using System.Runtime.CompilerServices;

namespace ReferenceModels.Quantization;

/// <summary>F32: IEEE binary32, little-endian; a block is one element.</summary>
internal readonly struct F32 : IFloatBlock
{
    public static int Elements => 1;

    public static int Bytes => 4;

    public static ActivationFormat Activations => ActivationFormat.F32;

    public static unsafe void Dequantize(byte* block, float* y) => *y = *(float*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe float* Unpack<V, TLanes>(byte* blocks, float* scratch, ref V largest) where TLanes : ILanes<V> => (float*)blocks;

    public static bool IsFinite<V, TLanes>(V largest) where TLanes : ILanes<V> => true;
}
