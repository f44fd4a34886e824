using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    /// <summary>s, each twice as a pair of 16-bit integers, and m of a block that begins with d, dmin and these 12 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Integers(byte* block, int* scales, short* minima)
    {
        var words = Avx2.ConvertToVector256Int16(Bytes(block).AsSByte());
        words.GetUpper().Store(minima);
        Sse2.UnpackLow(words.GetLower(), words.GetLower()).AsInt32().Store(scales);
        Sse2.UnpackHigh(words.GetLower(), words.GetLower()).AsInt32().Store(scales + 4);
    }

    /// <summary>d·s and dmin·m of a block that begins with d, dmin and these 12 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float* halves, float* scales, float* minima)
    {
        var six = Bytes(block);
        float d = halves[*(ushort*)block], dmin = halves[*(ushort*)(block + 2)];
        if (Avx512F.IsSupported)
        {
            var both = Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(six));
            (both.GetLower() * d).Store(scales);
            (both.GetUpper() * dmin).Store(minima);
            return;
        }
        (Lanes256.Convert(six.AsSByte()) * d).Store(scales);
        (Lanes256.Convert(Lanes256.Upper(six.AsSByte())) * dmin).Store(minima);
    }

    // The eight s, then the eight m.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bytes(byte* block)
    {
        // Each s and m comes from the byte that holds its lower bits; s_4–s_7 and m_4–m_7 take two more bits from another byte.
        var bytes = Vector128.Create(*(ulong*)(block + 4), *(uint*)(block + 12)).AsByte();
        var low = Vector128.Shuffle(bytes, Vector128.Create((byte)0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 8, 9, 10, 11));
        var high = Vector128.Shuffle(bytes, Vector128.Create((byte)12, 12, 12, 12, 0, 1, 2, 3, 12, 12, 12, 12, 4, 5, 6, 7));
        // The shifts are of 16 bits, because SSE has none of bytes.
        return (low & Vector128.Create(0x0F0F0F0F_3F3F3F3F, 0x00000000_3F3F3F3F).AsByte())
            | ((low.AsUInt16() >> 4).AsByte() & Vector128.Create(0, 0x0F0F0F0F_00000000).AsByte())
            | ((high.AsUInt16() >> 2).AsByte() & Vector128.Create((byte)0x30));
    }
}
