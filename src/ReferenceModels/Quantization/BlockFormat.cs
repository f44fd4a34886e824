using Engine;
using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>A block layout as a value, so that a weight can be used without knowing its layout.</summary>
internal abstract unsafe class BlockFormat(GgmlType type, int elements, int bytes, ActivationFormat activations)
{
    /// <summary>Floating-point numbers that a kernel processes at a time, whatever the register width; a row is padded to it with zeros.</summary>
    public const int Run = 32;

    // New formats go here; a format missing from this table is refused by name.
    private static readonly BlockFormat[] Known =
    [
        new FloatFormat<F32>(GgmlType.F32),
        new FloatFormat<F16>(GgmlType.F16),
        new FloatFormat<BF16>(GgmlType.BF16),
        new ScaledFormat<Q1_0>(GgmlType.Q1_0),
        new ScaledFormat<Q2_0>(GgmlType.Q2_0),
        new ScaledFormat<Q4_0>(GgmlType.Q4_0),
        new ScaledFormat<Q4_1>(GgmlType.Q4_1),
        new ScaledFormat<Q5_0>(GgmlType.Q5_0),
        new ScaledFormat<Q5_1>(GgmlType.Q5_1),
        new ScaledFormat<Q8_0>(GgmlType.Q8_0),
        new ScaledFormat<Q2_K>(GgmlType.Q2_K),
        new ScaledFormat<Q3_K>(GgmlType.Q3_K),
        new NibbleFormat(),
        new ByteFormat<Q5_K>(GgmlType.Q5_K),
        new ByteFormat<Q6_K>(GgmlType.Q6_K),
        new ScaledFormat<IQ1_S>(GgmlType.IQ1_S),
        new ScaledFormat<IQ1_M>(GgmlType.IQ1_M),
        new ScaledFormat<IQ2_XXS>(GgmlType.IQ2_XXS),
        new ScaledFormat<IQ2_XS>(GgmlType.IQ2_XS),
        new ScaledFormat<IQ2_S>(GgmlType.IQ2_S),
        new ScaledFormat<IQ3_XXS>(GgmlType.IQ3_XXS),
        new ScaledFormat<IQ3_S>(GgmlType.IQ3_S),
        new ScaledFormat<IQ4_NL>(GgmlType.IQ4_NL),
        new ScaledFormat<IQ4_XS>(GgmlType.IQ4_XS),
        new ScaledFormat<TQ1_0>(GgmlType.TQ1_0),
        new ScaledFormat<TQ2_0>(GgmlType.TQ2_0),
        new ScaledFormat<MXFP4>(GgmlType.MXFP4),
        new ScaledFormat<NVFP4>(GgmlType.NVFP4),
    ];

    public GgmlType Type { get; } = type;

    /// <summary>Elements in a block.</summary>
    public int Elements { get; } = elements;

    /// <summary>Bytes in a block.</summary>
    public int Bytes { get; } = bytes;

    /// <summary>The format ggml converts the other operand of a product to.</summary>
    public ActivationFormat Activations { get; } = activations;

    /// <summary>Size of the groups whose sums of the right side <see cref="Dot"/> needs for the minima; 0 for a format without minima.</summary>
    public abstract int SumElements { get; }

    /// <summary>Products with tokens that are rounded to integers; null if there is no kernel for this format on this processor.</summary>
    public virtual IntegerKernel? Integers => null;

    /// <summary>All formats.</summary>
    public static IReadOnlyList<BlockFormat> All => Known;

    /// <summary>The format of <paramref name="type"/>.</summary>
    /// <exception cref="UnsupportedRequestException">The format is not in the table; the message names the tensor.</exception>
    public static BlockFormat Of(GgmlType type, string tensor) =>
        Array.Find(Known, format => format.Type == type) ?? throw new UnsupportedRequestException(
            $"Reading '{tensor}' in the managed reference: expected one of {string.Join(", ", Known.Select(format => format.Type))}, "
            + $"found {type}. Quantize the model to one of these, or run it with the llama.cpp backend.");

    /// <summary>Bytes of a row of <paramref name="columns"/> elements, a multiple of <see cref="Elements"/>.</summary>
    public long RowBytes(int columns) => (long)(columns / Elements) * Bytes;

    /// <summary>Writes the first <paramref name="n"/> elements, a multiple of <see cref="Elements"/>, to <paramref name="y"/>:
    /// exactly the floats of the block's definition.</summary>
    public void Dequantize(byte* blocks, float* y, int n) => Dequantize(blocks, 0, 1, y, 0, n);

    /// <summary>The same for several rows, <paramref name="stride"/> bytes apart in the weight and <paramref name="ldy"/> floats apart in the result.</summary>
    public abstract void Dequantize(byte* blocks, long stride, int rows, float* y, int ldy, int n);

    /// <summary>Writes the minima m, one for each <see cref="SumElements"/> of the first <paramref name="n"/> elements, to <paramref name="m"/>.
    /// Only for formats that have minima.</summary>
    public abstract void Minima(byte* blocks, float* m, int n);

    /// <summary>y_r = w_r · x for <paramref name="rows"/> consecutive rows of <paramref name="n"/> elements;
    /// <paramref name="sums"/> holds Σ x over each <see cref="SumElements"/> elements, unless that is 0.</summary>
    public abstract void Dot(byte* w, int rows, float* x, float* sums, float* y, int n);

    /// <summary>Adds <paramref name="n"/> more elements to the dot products of some rows with four or eight tokens. Each result equals to the last bit what <see cref="Dot"/> gives for its token alone.</summary>
    /// <param name="w">The first row's next blocks.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="x">(n / lanes, tokens, lanes), padded with zeros to a whole <see cref="Run"/>: <see cref="PackedTokens.Pack"/>.</param>
    /// <param name="sums">Σ x over each <see cref="SumElements"/> elements, (groups / 8, tokens, 8).</param>
    /// <param name="products">(rows, tokens, <see cref="PackedTokens.ProductFloats"/>), 0 at first; <see cref="PackedTokens.Product"/> reads them.</param>
    /// <param name="tokens">4 or 8.</param>
    /// <param name="n">A whole number of blocks, and of runs too unless the row ends here.</param>
    public abstract void Add(byte* w, long stride, int rows, float* x, float* sums, float* products, int tokens, int n);

    /// <summary>The dot products of rows <paramref name="stride"/> bytes apart, by a kernel that takes four rows, x, its sums, room for four products, and n.</summary>
    protected static void DotRows(delegate*<byte*, byte*, byte*, byte*, float*, float*, float*, int, void> kernel, byte* w, long stride, int rows, float* x, float* sums, float* y, int n)
    {
        float* products = stackalloc float[4];
        // One row from each quarter: every quarter is read sequentially, and the processor prefetches further ahead in four places than in one or two.
        int quarter = (rows + 3) / 4;
        for (int r0 = 0; r0 < quarter; r0++)
        {
            // Instead of a missing row, the first one again.
            int r1 = Present(r0, 1), r2 = Present(r0, 2), r3 = Present(r0, 3);
            kernel(w + r0 * stride, w + r1 * stride, w + r2 * stride, w + r3 * stride, x, sums, products, n);
            (y[r0], y[r1], y[r2], y[r3]) = (products[0], products[1], products[2], products[3]);
        }

        int Present(int r, int i) => i * quarter + r < rows ? i * quarter + r : r;
    }
}
