using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// IQ4_XS, 256 elements in 136 bytes, 8 groups g of 32: x = (d·(s_g − 32))·v[q] with the values v of <see cref="IQ4_NL"/>.
/// <code>
///  0  half    d
///  2  uint16  scales_h      bits 2g, 2g + 1: the upper 2 bits of s_g
///  4  uint8   scales_l[4]   the lower 4 bits: even groups in low nibbles, odd ones in high nibbles
///  8  uint8   qs[128]       16 bytes for a group; low nibbles: elements 0–15, high nibbles: elements 16–31
/// </code>
/// </summary>
internal readonly struct IQ4_XS : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 136;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var i = 0; i < 256; i++)
        {
            var (g, j) = (i / 32, i % 32);
            y[i] = d * (Scale(block, g) - 32) * IQ4_NL.Values[block[8 + g * 16 + j % 16] >> (j / 16 * 4) & 15];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        // The odd groups' nibbles are interleaved with the even groups'; the upper two bits come from the four fields of each byte.
        var nibbles = *(uint*)(block + 4);
        var low = Vector128.Shuffle(
            Vector128.Create(nibbles, nibbles >> 4, 0, 0).AsByte(), Vector128.Create((byte)0, 4, 1, 5, 2, 6, 3, 7, 8, 8, 8, 8, 8, 8, 8, 8));
        var fields = Vector128.Shuffle(Vector128.Create((uint)*(ushort*)(block + 2)).AsByte(), Vector128.Create((byte)0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2)).AsUInt32();
        var high = ((fields << 4) & Vector128.Create(0x00000030u)) | ((fields << 2) & Vector128.Create(0x00003000u))
            | (fields & Vector128.Create(0x00300000u)) | ((fields >> 2) & Vector128.Create(0x30000000u));
        var s = (low & Vector128.Create((byte)15)) | high.AsByte();
        (Lanes256.Convert(s.AsSByte() - Vector128.Create((sbyte)32)) * halves[*(ushort*)block]).Store(scales);
        for (var g = 0; g < 8; g++)
        {
            var qs = Vector128.Load(block + 8 + g * 16);
            Vector128.ShuffleNative(IQ4_NL.Values, (qs & Vector128.Create((byte)15)).AsSByte()).Store(scratch + g * 32);
            Vector128.ShuffleNative(IQ4_NL.Values, (qs >> 4).AsSByte()).Store(scratch + g * 32 + 16);
        }
        return scratch;
    }

    private static unsafe int Scale(byte* block, int g) =>
        block[4 + g / 2] >> (g % 2 * 4) & 15 | (*(ushort*)(block + 2) >> (2 * g) & 3) << 4;
}
