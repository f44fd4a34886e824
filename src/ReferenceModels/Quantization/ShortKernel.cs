using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Quantization;

/// <summary>Both sides as integers of 16 bits, whose products AVX2 adds in pairs in 32 bits: for weights that need all 8 bits.</summary>
internal sealed unsafe class ShortKernel<TBlock> : IntegerKernel where TBlock : struct, IScaledBlock
{
    // A panel: (groups, rows) scales, then (columns / 2, rows, 2) integers.
    private const int IntegersAt = Depth / 16 * Rows * sizeof(float);

    /// <summary>The kernel; null if the format has minima or groups smaller than a token's blocks, if the processor lacks AVX2, or if it has AVX-512, with which
    /// floats are faster.</summary>
    public static ShortKernel<TBlock>? Instance { get; } = Fma.IsSupported && Avx2.IsSupported && !Vector512.IsHardwareAccelerated && !TBlock.HasMinima && Suits ? new() : null;

    private static bool Suits => TBlock.Activations == ActivationFormat.Q8_K || (TBlock.Activations == ActivationFormat.Q8_0 && TBlock.Group == 32);

    /// <inheritdoc/>
    /// <remarks>Unpacking a panel takes longer than multiplying one token in floats.</remarks>
    public override int FewestTokens => 9;

    /// <inheritdoc/>
    public override int ElementBytes => 2;

    /// <inheritdoc/>
    public override ActivationFormat Activations => TBlock.Activations;

    /// <inheritdoc/>
    public override int Group => TBlock.Group;

    /// <inheritdoc/>
    public override int PanelBytes => IntegersAt + Depth * Rows * sizeof(short);

    /// <inheritdoc/>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Pack(byte* w, long stride, int rows, int n, byte* panel)
    {
        const int row = 2 * Depth + 32;
        byte* memory = stackalloc byte[Rows * row + 256 + Rows * 64 + 64 + 64], q = (byte*)(((nint)memory + 63) & ~63);
        sbyte* scratch = (sbyte*)(q + Rows * row);
        float* scales = (float*)(scratch + 256), minima = scales + Rows * 16, halves = F16.Singles;
        for (int r = 0; r < Rows; r++)
        {
            byte* block = w + Math.Min(r, rows - 1) * stride;
            short* wide = (short*)(q + r * row);
            float* s = scales + 16 * r;
            for (int c = 0; c < n; c += TBlock.Elements, block += TBlock.Bytes, s += TBlock.Elements / TBlock.Group)
            {
                Prefetch.Lines(block + Rows * stride, TBlock.Bytes);
                sbyte* narrow = TBlock.Unpack(block, halves, scratch, s, minima);
                for (int i = 0; i < TBlock.Elements; i += 16)
                {
                    Avx2.ConvertToVector256Int16(narrow + i).Store(wide + c + i);
                }
            }
        }
        for (int g = 0; g < n / TBlock.Group; g += 8)
        {
            Interleaving.Words((byte*)(scales + g), 64, panel + 32 * g);
        }
        for (int c = 0; c < n; c += 16)
        {
            Interleaving.Words(q + 2 * c, row, panel + IntegersAt + 2 * c * Rows);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Add(byte* panel, int n, in IntegerTokens x, float* y, long ldy)
    {
        byte* q = panel + IntegersAt, s = panel, x0 = x.Data, x1 = x0 + x.RowBytes, x2 = x1 + x.RowBytes, x3 = x2 + x.RowBytes;
        float* d0 = x.Scales, d1 = d0 + x.LdScales, d2 = d1 + x.LdScales, d3 = d2 + x.LdScales;
        Vector256<float> f0 = Start(y), f1 = Start(y + ldy), f2 = Start(y + 2 * ldy), f3 = Start(y + 3 * ldy);
        nint c = 0;
        for (byte* end = s + n / TBlock.Group * 32; s < end; s += 32)
        {
            Vector256<int> i0 = Vector256<int>.Zero, i1 = i0, i2 = i0, i3 = i0;
            for (nint stop = c + 2 * TBlock.Group; c < stop; c += 32, q += 32 * Rows)
            {
                (i0, i1, i2, i3) = Step(q, 0, x0 + c, x1 + c, x2 + c, x3 + c, i0, i1, i2, i3);
                (i0, i1, i2, i3) = Step(q, 4, x0 + c, x1 + c, x2 + c, x3 + c, i0, i1, i2, i3);
                (i0, i1, i2, i3) = Step(q, 8, x0 + c, x1 + c, x2 + c, x3 + c, i0, i1, i2, i3);
                (i0, i1, i2, i3) = Step(q, 12, x0 + c, x1 + c, x2 + c, x3 + c, i0, i1, i2, i3);
                (i0, i1, i2, i3) = Step(q, 16, x0 + c, x1 + c, x2 + c, x3 + c, i0, i1, i2, i3);
                (i0, i1, i2, i3) = Step(q, 20, x0 + c, x1 + c, x2 + c, x3 + c, i0, i1, i2, i3);
                (i0, i1, i2, i3) = Step(q, 24, x0 + c, x1 + c, x2 + c, x3 + c, i0, i1, i2, i3);
                (i0, i1, i2, i3) = Step(q, 28, x0 + c, x1 + c, x2 + c, x3 + c, i0, i1, i2, i3);
            }
            var scale = Vector256.Load((float*)s);
            f0 = Finish(f0, i0, scale, d0);
            f1 = Finish(f1, i1, scale, d1);
            f2 = Finish(f2, i2, scale, d2);
            f3 = Finish(f3, i3, scale, d3);
            if (TBlock.Activations != ActivationFormat.Q8_K)
            {
                d0++;
                d1++;
                d2++;
                d3++;
            }
        }
        Store(f0, d0, y);
        Store(f1, d1, y + ldy);
        Store(f2, d2, y + 2 * ldy);
        Store(f3, d3, y + 3 * ldy);
    }

    // The next two columns of four tokens.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<int>, Vector256<int>, Vector256<int>, Vector256<int>) Step(
        byte* q, int k, byte* x0, byte* x1, byte* x2, byte* x3, Vector256<int> i0, Vector256<int> i1, Vector256<int> i2, Vector256<int> i3)
    {
        var w = Load(q, k);
        return (Avx2.Add(i0, Avx2.MultiplyAddAdjacent(w, Broadcast(x0, k))), Avx2.Add(i1, Avx2.MultiplyAddAdjacent(w, Broadcast(x1, k))),
            Avx2.Add(i2, Avx2.MultiplyAddAdjacent(w, Broadcast(x2, k))), Avx2.Add(i3, Avx2.MultiplyAddAdjacent(w, Broadcast(x3, k))));
    }

    // Two columns of the eight rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Load(byte* q, int k) => Vector256.Load((short*)(q + k * Rows));

    // Two columns of a token, for each of the rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Broadcast(byte* x, int k) => Vector256.Create(*(int*)(x + k)).AsInt16();

    // A token of Q8_K has one scale for the whole panel; one of Q8_0 has a scale for each group.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Start(float* y) => TBlock.Activations == ActivationFormat.Q8_K ? Vector256<float>.Zero : Vector256.Load(y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Finish(Vector256<float> f, Vector256<int> products, Vector256<float> scale, float* d) =>
        Fma.MultiplyAdd(Vector256.ConvertToSingle(products), TBlock.Activations == ActivationFormat.Q8_K ? scale : scale * Vector256.Create(*d), f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> f, float* d, float* y) =>
        (TBlock.Activations == ActivationFormat.Q8_K ? Fma.MultiplyAdd(f, Vector256.Create(*d), Vector256.Load(y)) : f).Store(y);
}
