using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReferenceModels.Quantization;

/// <summary>F16: IEEE binary16, little-endian; a block is one element.</summary>
internal readonly struct F16 : IFloatBlock
{
    /// <summary>Each of the 65536 halves as a float, for the scales of blocks: one look-up where 32 elements wait. Made once, 256 KiB.</summary>
    public static unsafe float* Singles { get; } = TableOfSingles();

    public static int Elements => 1;

    public static int Bytes => 2;

    public static ActivationFormat Activations => ActivationFormat.F16;

    public static unsafe void Dequantize(byte* block, float* y) => *y = (float)*(Half*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe V Load<V, TLanes>(byte* p, ref V largest) where TLanes : ILanes<V> => TLanes.LoadFinite((Half*)p, ref largest);

    public static bool IsFinite<V, TLanes>(V largest) where TLanes : ILanes<V> => !TLanes.AnyFrom(largest, 65536);

    private static unsafe float* TableOfSingles()
    {
        var table = (float*)NativeMemory.AlignedAlloc(65536 * sizeof(float), 64);
        for (var h = 0; h < 65536; h++)
        {
            table[h] = (float)BitConverter.UInt16BitsToHalf((ushort)h);
        }

        return table;
    }
}
