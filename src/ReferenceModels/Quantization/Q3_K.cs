using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q3_K, 256 elements in 110 bytes, 16 groups g of 16: x = (d·(s_g − 32))·(q − 4).
/// <code>
///    0  uint8  hmask[32]   bit k of byte i: the third bit of element 32k + i
///   32  uint8  qs[64]      32 bytes for 128 elements; bits 0–1, 2–3, 4–5, 6–7 for elements 0–31, 32–63, 64–95, 96–127
///   96  uint8  scales[12]  s_g: lower 4 bits in byte g % 8, low nibble for g &lt; 8, upper 2 in bits 2(g / 4) of byte 8 + g % 4
///  108  half   d
/// </code>
/// </summary>
internal readonly struct Q3_K : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 110;

    public static int Group => 16;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)(block + 108);
        for (var i = 0; i < 256; i++)
        {
            var scale = d * (Scale(block + 96, i / 16) - 32);
            var (half, j) = (i / 128, i % 128);
            var low = block[32 + half * 32 + j % 32] >> (j / 32 * 2) & 3;
            var third = block[i % 32] >> (i / 32) & 1;
            y[i] = scale * ((low | third << 2) - 4);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        ulong low = *(ulong*)(block + 96);
        var high = *(uint*)(block + 104);
        var s = (Vector128.Create(low, low >> 4) & Vector128.Create(0x0F0F0F0F_0F0F0F0FUL)).AsByte()
            | (Vector128.Create(high << 4, high << 2, high, high >> 2) & Vector128.Create(0x30303030u)).AsByte();
        Lanes256.StoreScaled(s.AsSByte() - Vector128.Create((sbyte)32), halves[*(ushort*)(block + 108)], scales);
        var (field, third, four) = (Vector256.Create((byte)3), Vector256.Create((byte)4), Vector256.Create((sbyte)4));
        var hmask = Vector256.Load(block);
        for (var half = 0; half < 2; half++, hmask >>= 4)
        {
            var qs = Vector256.Load(block + 32 + half * 32);
            var q = scratch + half * 128;
            (((qs & field) | ((hmask << 2) & third)).AsSByte() - four).Store(q);
            ((((qs >> 2) & field) | ((hmask << 1) & third)).AsSByte() - four).Store(q + 32);
            ((((qs >> 4) & field) | (hmask & third)).AsSByte() - four).Store(q + 64);
            (((qs >> 6) | ((hmask >> 1) & third)).AsSByte() - four).Store(q + 96);
        }
        return scratch;
    }

    private static unsafe int Scale(byte* p, int g) => p[g % 8] >> (g / 8 * 4) & 15 | (p[8 + g % 4] >> (g / 4 * 2) & 3) << 4;
}
