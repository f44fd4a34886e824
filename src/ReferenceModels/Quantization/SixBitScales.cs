using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// The 12 bytes of Q4_K and Q5_K that hold 8 scales s and 8 minima m of 6 bits.
/// <code>
///  byte 0–3   s_0–s_3 in bits 0–5, upper 2 bits of s_4–s_7 in bits 6–7
///  byte 4–7   m_0–m_3 in bits 0–5, upper 2 bits of m_4–m_7 in bits 6–7
///  byte 8–11  lower 4 bits of s_4–s_7 in bits 0–3, of m_4–m_7 in bits 4–7
/// </code>
/// </summary>
internal static unsafe class SixBitScales
{
    public static (int Scale, int Minimum) At(byte* p, int g) => g < 4
        ? (p[g] & 63, p[g + 4] & 63)
        : ((p[g + 4] & 15) | (p[g - 4] >> 6 << 4), (p[g + 4] >> 4) | (p[g] >> 6 << 4));

    /// <summary>d·s and dmin·m of a block that begins with d, dmin and these 12 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float* halves, float* scales, float* minima)
    {
        uint a = *(uint*)(block + 4), b = *(uint*)(block + 8), c = *(uint*)(block + 12);
        var s = (a & 0x3F3F3F3Fu) | (ulong)((c & 0x0F0F0F0Fu) | (a >> 2 & 0x30303030u)) << 32;
        var m = (b & 0x3F3F3F3Fu) | (ulong)((c >> 4 & 0x0F0F0F0Fu) | (b >> 2 & 0x30303030u)) << 32;
        (Lanes256.Convert(Vector128.CreateScalarUnsafe(s).AsSByte()) * halves[*(ushort*)block]).Store(scales);
        (Lanes256.Convert(Vector128.CreateScalarUnsafe(m).AsSByte()) * halves[*(ushort*)(block + 2)]).Store(minima);
    }
}
