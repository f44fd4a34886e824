using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Quantization;

/// <summary>Changes eight rows of 32-bit words to words of eight rows.</summary>
internal static unsafe class Interleaving
{
    /// <summary>Eight words: <paramref name="to"/> gets the first word of all rows, then the second.</summary>
    /// <param name="from">(8, 8).</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="to">(8, 8), consecutive.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Words(byte* from, nint stride, byte* to)
    {
        HalfWords(from, stride, to);
        HalfWords(from + 16, stride, to + 128);
    }

    /// <summary>The same with rows anywhere.</summary>
    /// <param name="rows">Eight addresses.</param>
    /// <param name="offset">Where the eight words of each row begin.</param>
    /// <param name="to">(8, 8), consecutive.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Words(byte** rows, int offset, byte* to)
    {
        for (int half = 0; half < 2; half++, offset += 16, to += 128)
        {
            Vector256<int> r0 = Halves(rows[0] + offset, rows[4] + offset), r1 = Halves(rows[1] + offset, rows[5] + offset);
            Square(r0, r1, Halves(rows[2] + offset, rows[6] + offset), Halves(rows[3] + offset, rows[7] + offset), to);
        }
    }

    /// <summary>Four words of each row.</summary>
    /// <param name="from">(8, 4).</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="to">(4, 8), consecutive.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void HalfWords(byte* from, nint stride, byte* to)
    {
        byte* second = from + 4 * stride;
        Vector256<int> r0 = Halves(from, second), r1 = Halves(from + stride, second + stride);
        Square(r0, r1, Halves(from + 2 * stride, second + 2 * stride), Halves(from + 3 * stride, second + 3 * stride), to);
    }

    /// <summary>The sum of each row of (8, 4).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Sums(int* rows)
    {
        byte* p = (byte*)rows;
        var first = Avx2.HorizontalAdd(Halves(p, p + 64), Halves(p + 16, p + 80));
        var second = Avx2.HorizontalAdd(Halves(p + 32, p + 96), Halves(p + 48, p + 112));
        return Avx2.HorizontalAdd(first, second);
    }

    // Rows r and r + 4 share a register from the start, so nothing has to cross its halves later.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Halves(byte* low, byte* high) => Avx2.InsertVector128(Vector128.Load((int*)low).ToVector256Unsafe(), Vector128.Load((int*)high), 1);

    // Four words of the eight rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square(Vector256<int> r0, Vector256<int> r1, Vector256<int> r2, Vector256<int> r3, byte* to)
    {
        Vector256<long> low01 = Avx2.UnpackLow(r0, r1).AsInt64(), low23 = Avx2.UnpackLow(r2, r3).AsInt64();
        Vector256<long> high01 = Avx2.UnpackHigh(r0, r1).AsInt64(), high23 = Avx2.UnpackHigh(r2, r3).AsInt64();
        Avx2.UnpackLow(low01, low23).AsByte().Store(to);
        Avx2.UnpackHigh(low01, low23).AsByte().Store(to + 32);
        Avx2.UnpackLow(high01, high23).AsByte().Store(to + 64);
        Avx2.UnpackHigh(high01, high23).AsByte().Store(to + 96);
    }
}
