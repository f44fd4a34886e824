using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>The layout of a few tokens that are multiplied with a weight: for each register of columns, one register per token, so that everything a kernel reads
/// is at a constant distance from one pointer.</summary>
internal static unsafe class PackedTokens
{
    /// <summary>Floats of an unfinished product: a register of sums, one of eight minima, and padding.</summary>
    public const int ProductFloats = 32;

    /// <summary>Offset of the minima in a product.</summary>
    public const int Minima = 16;

    /// <summary>Floats in a register.</summary>
    public static int Lanes => Vector512.IsHardwareAccelerated ? Lanes512.Count : Lanes256.Count;

    /// <summary>The total of what <see cref="BlockFormat.Add"/> has added.</summary>
    public static float Product(float* product) =>
        (Vector512.IsHardwareAccelerated ? Lanes512.Sum(Lanes512.Load(product)) : Lanes256.Sum(Lanes256.Load(product))) - Lanes256.Sum(Lanes256.Load(product + Minima));

    /// <summary>Stores the sums of four tokens, the first ones given, or of all eight in their products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V, TLanes, TTokens>(float* products, V s0, V s1, V s2, V s3, V s4, V s5, V s6, V s7) where TLanes : ILanes<V> where TTokens : ITokenCount
    {
        TLanes.Store(s0, products);
        TLanes.Store(s1, products + ProductFloats);
        TLanes.Store(s2, products + 2 * ProductFloats);
        TLanes.Store(s3, products + 3 * ProductFloats);
        if (TTokens.Count > 4)
        {
            TLanes.Store(s4, products + 4 * ProductFloats);
            TLanes.Store(s5, products + 5 * ProductFloats);
            TLanes.Store(s6, products + 6 * ProductFloats);
            TLanes.Store(s7, products + 7 * ProductFloats);
        }
    }

    /// <summary>Columns including the zeros that pad the last run.</summary>
    public static int PaddedColumns(int columns) => (columns + BlockFormat.Run - 1) / BlockFormat.Run * BlockFormat.Run;

    /// <summary>Copies columns of tokens; missing tokens become zeros.</summary>
    /// <param name="x">(tokens, in).</param>
    /// <param name="ldx">Floats from token to token.</param>
    /// <param name="first">First column, a whole number of registers.</param>
    /// <param name="n">Number of columns.</param>
    /// <param name="tokens">Tokens present.</param>
    /// <param name="room">4 or 8.</param>
    /// <param name="packed">(in / lanes, room, lanes), padded with zeros to a whole <see cref="BlockFormat.Run"/>.</param>
    /// <param name="lanes">Floats in a register.</param>
    public static void Pack(float* x, long ldx, int first, int n, int tokens, int room, float* packed, int lanes)
    {
        packed += (long)first * room;
        for (int c = 0; c < PaddedColumns(n); c += lanes)
        {
            for (int t = 0; t < room; t++, packed += lanes)
            {
                int count = t < tokens ? Math.Clamp(n - c, 0, lanes) : 0;
                new ReadOnlySpan<float>(x + t * ldx + first + c, count).CopyTo(new(packed, lanes));
                new Span<float>(packed + count, lanes - count).Clear();
            }
        }
    }
}
