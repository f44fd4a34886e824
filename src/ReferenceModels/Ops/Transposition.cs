using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Ops;

/// <summary>B = Aᵀ in memory.</summary>
internal static unsafe class Transposition
{
    private const int Side = 8;

    /// <summary>Writes A (rows, columns) to B (columns, rows).</summary>
    /// <param name="A">(rows, columns).</param>
    /// <param name="lda">Floats from row to row of A.</param>
    /// <param name="B">(columns, rows).</param>
    /// <param name="ldb">Floats from row to row of B.</param>
    /// <param name="rows">Rows of A.</param>
    /// <param name="columns">Columns of A.</param>
    public static void Copy(float* A, int lda, float* B, int ldb, int rows, int columns)
    {
        int wholeRows = Avx.IsSupported ? rows - rows % Side : 0, wholeColumns = columns - columns % Side;
        for (int r = 0; r < wholeRows; r += Side)
        {
            for (int c = 0; c < wholeColumns; c += Side)
            {
                CopySquare(A + (long)r * lda + c, lda, B + (long)c * ldb + r, ldb);
            }
            CopyPlain(A + (long)r * lda + wholeColumns, lda, B + (long)wholeColumns * ldb + r, ldb, Side, columns - wholeColumns);
        }
        CopyPlain(A + (long)wholeRows * lda, lda, B + wholeRows, ldb, rows - wholeRows, columns);
    }

    private static void CopyPlain(float* A, int lda, float* B, int ldb, int rows, int columns)
    {
        for (int c = 0; c < columns; c++)
        {
            for (int r = 0; r < rows; r++)
            {
                B[(long)c * ldb + r] = A[(long)r * lda + c];
            }
        }
    }

    // Eight by eight: pairs of rows are interleaved, then pairs of pairs, then the halves of the registers are swapped.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopySquare(float* A, int lda, float* B, int ldb)
    {
        long a = lda, b = ldb;
        Vector256<float> r0 = Vector256.Load(A), r1 = Vector256.Load(A + a), r2 = Vector256.Load(A + 2 * a), r3 = Vector256.Load(A + 3 * a);
        Vector256<float> r4 = Vector256.Load(A + 4 * a), r5 = Vector256.Load(A + 5 * a), r6 = Vector256.Load(A + 6 * a), r7 = Vector256.Load(A + 7 * a);
        var (p0, p1, p2, p3) = (Avx.UnpackLow(r0, r1), Avx.UnpackHigh(r0, r1), Avx.UnpackLow(r2, r3), Avx.UnpackHigh(r2, r3));
        var (p4, p5, p6, p7) = (Avx.UnpackLow(r4, r5), Avx.UnpackHigh(r4, r5), Avx.UnpackLow(r6, r7), Avx.UnpackHigh(r6, r7));
        (r0, r1, r2, r3) = (Avx.Shuffle(p0, p2, 0x44), Avx.Shuffle(p0, p2, 0xEE), Avx.Shuffle(p1, p3, 0x44), Avx.Shuffle(p1, p3, 0xEE));
        (r4, r5, r6, r7) = (Avx.Shuffle(p4, p6, 0x44), Avx.Shuffle(p4, p6, 0xEE), Avx.Shuffle(p5, p7, 0x44), Avx.Shuffle(p5, p7, 0xEE));
        Avx.Permute2x128(r0, r4, 0x20).Store(B);
        Avx.Permute2x128(r1, r5, 0x20).Store(B + b);
        Avx.Permute2x128(r2, r6, 0x20).Store(B + 2 * b);
        Avx.Permute2x128(r3, r7, 0x20).Store(B + 3 * b);
        Avx.Permute2x128(r0, r4, 0x31).Store(B + 4 * b);
        Avx.Permute2x128(r1, r5, 0x31).Store(B + 5 * b);
        Avx.Permute2x128(r2, r6, 0x31).Store(B + 6 * b);
        Avx.Permute2x128(r3, r7, 0x31).Store(B + 7 * b);
    }
}
