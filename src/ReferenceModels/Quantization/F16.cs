using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReferenceModels.Quantization;

/// <summary>F16: IEEE binary16, little-endian; a block is one element.</summary>
internal readonly struct F16 : IFloatBlock
{
    /// <summary>All 65536 halves as floats, for the scales of blocks: one look-up, on which 32 elements wait. Built once, 256 KiB.</summary>
    public static unsafe float* Singles { get; } = TableOfSingles();

    public static int Elements => 1;

    public static int Bytes => 2;

    public static ActivationFormat Activations => ActivationFormat.F16;

    public static unsafe void Dequantize(byte* block, float* y) => *y = (float)*(Half*)block;

    // A model's weights lie around 0: one in 300 to 500 is subnormal, and most runs contain none. Those runs take half the instructions.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe float* Unpack<V, TLanes>(byte* blocks, float* scratch, ref V largest) where TLanes : ILanes<V>
    {
        Half* p = (Half*)blocks;
        if (TLanes.AreNormal(p, ref largest))
        {
            TLanes.Store(TLanes.LoadNormal(p), scratch);
            TLanes.Store(TLanes.LoadNormal(p + TLanes.Count), scratch + TLanes.Count);
            if (BlockFormat.Run > 2 * TLanes.Count)
            {
                TLanes.Store(TLanes.LoadNormal(p + 2 * TLanes.Count), scratch + 2 * TLanes.Count);
                TLanes.Store(TLanes.LoadNormal(p + 3 * TLanes.Count), scratch + 3 * TLanes.Count);
            }
        }
        else
        {
            TLanes.Store(TLanes.LoadFinite(p), scratch);
            TLanes.Store(TLanes.LoadFinite(p + TLanes.Count), scratch + TLanes.Count);
            if (BlockFormat.Run > 2 * TLanes.Count)
            {
                TLanes.Store(TLanes.LoadFinite(p + 2 * TLanes.Count), scratch + 2 * TLanes.Count);
                TLanes.Store(TLanes.LoadFinite(p + 3 * TLanes.Count), scratch + 3 * TLanes.Count);
            }
        }
        return scratch;
    }

    public static bool IsFinite<V, TLanes>(V largest) where TLanes : ILanes<V> => TLanes.AreFinite(largest);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a loop over the vocabulary, once: no time for tiers
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
