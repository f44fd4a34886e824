using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Quantization;

/// <summary>Weights as unsigned bytes, tokens as signed ones: AVX2 multiplies 32 pairs at once and adds neighbours in 16 bits.</summary>
/// <remarks>The products of a block of 256, scales and minima included, are summed in 32-bit integers, exactly; blocks are added in order, with two
/// fused multiply-adds each. So a token has the same bits alone and among others.</remarks>
internal sealed unsafe class ByteKernel<TBlock> : IntegerKernel, IDotKernel where TBlock : struct, IByteBlock
{
    // A panel: d and dmin of the rows; (groups, rows) scales, each twice; (pairs of groups, rows) minima; (columns / 4, rows, 4) integers.
    private const int ScalesAt = 2 * Rows * sizeof(float);
    private const int MinimaAt = ScalesAt + Depth / 16 * Rows * sizeof(int);
    private const int IntegersAt = MinimaAt + Depth / 16 * Rows * sizeof(short);

    // What one block of eight rows leaves: four partial sums of products of each row, as many of minima, d, dmin.
    private const int BlockSumBytes = Rows * (16 + 16 + 4 + 4);

    // Blocks whose sums fit the first-level cache beside a token.
    private const int DotBlocks = 32;

    /// <summary>The kernel, if the processor has the instructions; else null.</summary>
    public static ByteKernel<TBlock>? Instance { get; } = Fma.IsSupported && Avx2.IsSupported ? new() : null;

    private static int Groups
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Depth / TBlock.Group;
    }

    // Columns whose products, two in each lane at a time, fit 16 bits together: 8, 4 or 2 pairs.
    private static int Run
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TBlock.Largest < 31 ? 32 : TBlock.Largest < 63 ? 16 : 8;
    }

    /// <inheritdoc/>
    public override int FewestTokens => 1;

    /// <inheritdoc/>
    public override int ElementBytes => 1;

    /// <inheritdoc/>
    public override ActivationFormat Activations => TBlock.Activations;

    /// <inheritdoc/>
    public override int Group => TBlock.Group;

    /// <inheritdoc/>
    public override int PanelBytes => IntegersAt + Depth * Rows;

    /// <inheritdoc/>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Pack(byte* w, long stride, int rows, int n, byte* panel)
    {
        const int interleaved = Rows * 6 * 32;
        byte* memory = stackalloc byte[interleaved + Rows * (64 + 32) + 64], packed = (byte*)(((nint)memory + 63) & ~63);
        int* scales = (int*)(packed + interleaved);
        short* minima = (short*)(scales + 16 * Rows);
        float* d = (float*)panel, halves = F16.Singles;
        byte** block = stackalloc byte*[Rows];
        for (int r = 0; r < Rows; r++)
        {
            block[r] = w + Math.Min(r, rows - 1) * stride;
            Prefetch.Lines(block[r] + Rows * stride, TBlock.Bytes);
            (d[r], d[Rows + r]) = TBlock.Factors(block[r], halves);
            TBlock.Scales(block[r], scales + 16 * r, minima + 16 * r);
        }
        for (int g = 0; g < Groups; g += 8)
        {
            Interleaving.Words((byte*)(scales + g), 64, panel + ScalesAt + 32 * g);
        }
        if (Groups == 8)
        {
            Interleaving.HalfWords((byte*)minima, 32, panel + MinimaAt);
        }
        else
        {
            Interleaving.Words((byte*)minima, 32, panel + MinimaAt);
        }
        for (int i = 0; i < TBlock.PackedBytes; i += 32)
        {
            Interleaving.Words(block, TBlock.PackedOffset + i, packed + i * Rows);
        }
        for (int i = 0; i < 8; i++)
        {
            TBlock.Expand(packed + 32 * i, 32 * Rows, panel + IntegersAt + 32 * i, 32 * Rows);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Add(byte* panel, int n, in IntegerTokens x, float* y, long ldy)
    {
        byte* q = panel + IntegersAt, s = panel + ScalesAt, x0 = x.Data, x1 = x0 + x.RowBytes, x2 = x1 + x.RowBytes, x3 = x2 + x.RowBytes;
        Vector256<int> i0 = Vector256<int>.Zero, i1 = i0, i2 = i0, i3 = i0;
        nint c = 0;
        for (byte* end = s + Groups * 32; s < end; s += 32)
        {
            for (nint stop = c + TBlock.Group; c < stop; c += Run, q += Run * Rows)
            {
                var w = Load(q, 0);
                Vector256<short> a0 = Avx2.MultiplyAddAdjacent(w, Broadcast(x0 + c, 0)), a1 = Avx2.MultiplyAddAdjacent(w, Broadcast(x1 + c, 0));
                Vector256<short> a2 = Avx2.MultiplyAddAdjacent(w, Broadcast(x2 + c, 0)), a3 = Avx2.MultiplyAddAdjacent(w, Broadcast(x3 + c, 0));
                (a0, a1, a2, a3) = Step(q, 4, x0 + c, x1 + c, x2 + c, x3 + c, a0, a1, a2, a3);
                if (TBlock.Largest < 63)
                {
                    (a0, a1, a2, a3) = Step(q, 8, x0 + c, x1 + c, x2 + c, x3 + c, a0, a1, a2, a3);
                    (a0, a1, a2, a3) = Step(q, 12, x0 + c, x1 + c, x2 + c, x3 + c, a0, a1, a2, a3);
                }
                if (TBlock.Largest < 31)
                {
                    (a0, a1, a2, a3) = Step(q, 16, x0 + c, x1 + c, x2 + c, x3 + c, a0, a1, a2, a3);
                    (a0, a1, a2, a3) = Step(q, 20, x0 + c, x1 + c, x2 + c, x3 + c, a0, a1, a2, a3);
                    (a0, a1, a2, a3) = Step(q, 24, x0 + c, x1 + c, x2 + c, x3 + c, a0, a1, a2, a3);
                    (a0, a1, a2, a3) = Step(q, 28, x0 + c, x1 + c, x2 + c, x3 + c, a0, a1, a2, a3);
                }
                var scale = Vector256.Load((short*)s);
                i0 = Avx2.Add(i0, Avx2.MultiplyAddAdjacent(a0, scale));
                i1 = Avx2.Add(i1, Avx2.MultiplyAddAdjacent(a1, scale));
                i2 = Avx2.Add(i2, Avx2.MultiplyAddAdjacent(a2, scale));
                i3 = Avx2.Add(i3, Avx2.MultiplyAddAdjacent(a3, scale));
            }
        }
        byte* m = panel + MinimaAt;
        float* d = (float*)panel;
        Finish(i0, m, x.Sums, d, x.Scales, y);
        Finish(i1, m, x.Sums + x.LdSums, d, x.Scales + x.LdScales, y + ldy);
        Finish(i2, m, x.Sums + 2 * x.LdSums, d, x.Scales + 2 * x.LdScales, y + 2 * ldy);
        Finish(i3, m, x.Sums + 3 * x.LdSums, d, x.Scales + 3 * x.LdScales, y + 3 * ldy);
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Dot(byte* w, long stride, int rows, int n, in IntegerTokens x, float* y)
    {
        byte* memory = stackalloc byte[DotBlocks * BlockSumBytes + 64], sums = (byte*)(((nint)memory + 63) & ~63);
        var f = Vector256<float>.Zero;
        for (int first = 0, blocks; first < n / Depth; first += blocks)
        {
            blocks = Math.Min(DotBlocks, n / Depth - first);
            IntegerTokens token = x.From(this, 0, first * Depth);
            for (int r = 0; r < Rows; r++)
            {
                SumBlocks(w + Math.Min(r, rows - 1) * stride + first * TBlock.Bytes, blocks, token.Data, token.Sums, sums, r);
            }
            byte* sum = sums;
            for (int b = 0; b < blocks; b++, sum += BlockSumBytes)
            {
                f = Finish(f, Interleaving.Sums((int*)sum), Interleaving.Sums((int*)sum + 4 * Rows), (float*)sum + 8 * Rows, token.Scales + b);
            }
        }
        f.Store(y);
    }

    // One row: writes its sums of products and of minima, in four parts each, and its d and dmin for each block.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumBlocks(byte* block, int blocks, byte* x, short* groups, byte* sums, int row)
    {
        byte* memory = stackalloc byte[Depth + 64 + 32 + 64], q = (byte*)(((nint)memory + 63) & ~63);
        int* scales = (int*)(q + Depth);
        short* minima = (short*)(scales + 16);
        float* halves = F16.Singles;
        for (; blocks > 0; blocks--, block += TBlock.Bytes, x += Depth, groups += Groups, sums += BlockSumBytes)
        {
            Prefetch.Ahead(block, TBlock.Bytes);
            float* d = (float*)sums + 8 * Rows + row;
            (*d, d[Rows]) = TBlock.Factors(block, halves);
            TBlock.Scales(block, scales, minima);
            TBlock.Expand(block + TBlock.PackedOffset, 32, q, 32);
            Vector256<int> even = Product(q, x, scales, 0), odd = Product(q, x, scales, 1);
            even = Avx2.Add(even, Product(q, x, scales, 2));
            odd = Avx2.Add(odd, Product(q, x, scales, 3));
            even = Avx2.Add(even, Product(q, x, scales, 4));
            odd = Avx2.Add(odd, Product(q, x, scales, 5));
            even = Avx2.Add(even, Product(q, x, scales, 6));
            odd = Avx2.Add(odd, Product(q, x, scales, 7));
            var sum = Avx2.Add(even, odd);
            Sse2.Add(sum.GetLower(), sum.GetUpper()).Store((int*)sums + 4 * row);
            var end = Sse2.MultiplyAddAdjacent(Vector128.Load(minima), Vector128.Load(groups));
            if (Groups == 16)
            {
                end = Sse2.Add(end, Sse2.MultiplyAddAdjacent(Vector128.Load(minima + 8), Vector128.Load(groups + 8)));
            }
            end.Store((int*)sums + 4 * Rows + 4 * row);
        }
    }

    // Columns 32 i to 32 i + 31 of a row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Product(byte* q, byte* x, int* scales, int i)
    {
        var pairs = Avx2.MultiplyAddAdjacent(Vector256.Load(q + 32 * i), Vector256.Load((sbyte*)x + 32 * i));
        var scale = Groups == 8 ? Vector256.Create(scales[i]) : Vector256.Create(Vector128.Create(scales[2 * i]), Vector128.Create(scales[2 * i + 1]));
        return Avx2.MultiplyAddAdjacent(pairs, scale.AsInt16());
    }

    // The next four columns of four tokens.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<short>, Vector256<short>, Vector256<short>, Vector256<short>) Step(
        byte* q, int k, byte* x0, byte* x1, byte* x2, byte* x3, Vector256<short> a0, Vector256<short> a1, Vector256<short> a2, Vector256<short> a3)
    {
        var w = Load(q, k);
        return (Avx2.Add(a0, Avx2.MultiplyAddAdjacent(w, Broadcast(x0, k))), Avx2.Add(a1, Avx2.MultiplyAddAdjacent(w, Broadcast(x1, k))),
            Avx2.Add(a2, Avx2.MultiplyAddAdjacent(w, Broadcast(x2, k))), Avx2.Add(a3, Avx2.MultiplyAddAdjacent(w, Broadcast(x3, k))));
    }

    // Four columns of the eight rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Load(byte* q, int k) => Vector256.Load(q + k * Rows);

    // Four columns of a token, for each of the rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(byte* x, int k) => Vector256.Create(*(int*)(x + k)).AsSByte();

    // Adds a block's products and minima to the rows' sums for one token.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Vector256<int> products, byte* m, short* sums, float* d, float* dx, float* y)
    {
        int* pairs = (int*)sums;
        Vector256<int> even = Pair(m, pairs, 0), odd = Pair(m, pairs, 1);
        even = Avx2.Add(even, Pair(m, pairs, 2));
        odd = Avx2.Add(odd, Pair(m, pairs, 3));
        if (Groups == 16)
        {
            even = Avx2.Add(Avx2.Add(even, Pair(m, pairs, 4)), Pair(m, pairs, 6));
            odd = Avx2.Add(Avx2.Add(odd, Pair(m, pairs, 5)), Pair(m, pairs, 7));
        }
        Finish(Vector256.Load(y), products, Avx2.Add(even, odd), d, dx).Store(y);
    }

    // Two groups of the eight rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pair(byte* m, int* sums, int i) => Avx2.MultiplyAddAdjacent(Vector256.Create(sums[i]).AsInt16(), Vector256.Load((short*)(m + 32 * i)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Finish(Vector256<float> f, Vector256<int> products, Vector256<int> minima, float* d, float* dx)
    {
        var scale = Vector256.Create(*dx);
        if (!TBlock.HasMinima)
        {
            products -= minima * TBlock.Zero;
        }
        f = Fma.MultiplyAdd(Vector256.Load(d) * scale, Vector256.ConvertToSingle(products), f);
        return TBlock.HasMinima ? Fma.MultiplyAddNegated(Vector256.Load(d + Rows) * scale, Vector256.ConvertToSingle(minima), f) : f;
    }
}
