using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>Rows of floating-point numbers.</summary>
internal sealed unsafe class FloatFormat<TBlock>(GgmlType type) : BlockFormat(type, TBlock.Elements, TBlock.Bytes, TBlock.Activations)
    where TBlock : struct, IFloatBlock
{
    public override int SumElements => 0;

    public override void Dequantize(byte* blocks, long stride, int rows, float* y, int ldy, int n)
    {
        for (; rows > 0; rows--, blocks += stride, y += ldy)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Dequantize<Vector512<float>, Lanes512>(blocks, y, n);
            }
            else
            {
                Dequantize<Vector256<float>, Lanes256>(blocks, y, n);
            }
        }
    }

    public override void Minima(byte* blocks, float* m, int n) => throw new InvalidOperationException($"{Type} has no minima.");

    public override void Dot(byte* w, int rows, float* x, float* sums, float* y, int n)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Dot<Vector512<float>, Lanes512>(w, rows, x, y, n);
        }
        else
        {
            Dot<Vector256<float>, Lanes256>(w, rows, x, y, n);
        }
    }

    public override void Add(byte* w, long stride, int rows, float* x, float* sums, float* products, int tokens, int n)
    {
        for (; rows > 0; rows--, w += stride, products += tokens * PackedTokens.ProductFloats)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                AddRow<Vector512<float>, Lanes512>(w, x, products, tokens, stride, n);
            }
            else
            {
                AddRow<Vector256<float>, Lanes256>(w, x, products, tokens, stride, n);
            }
        }
    }

    /// <summary>One row.</summary>
    /// <param name="x">As for <see cref="BlockFormat.Add"/>, and 0 from <paramref name="n"/> to the end of its run.</param>
    [SkipLocalsInit]
    public static void AddRow<V, TLanes>(byte* w, float* x, float* products, int tokens, long stride, int n) where TLanes : ILanes<V>
    {
        int whole = n - n % Run;
        bool finite = AddFinite<V, TLanes>(w, x, products, tokens, stride, whole);
        if (whole < n)
        {
            byte* rest = stackalloc byte[Run * TBlock.Bytes];
            CopyRest(w, rest, whole, n, TBlock.Bytes);
            finite &= AddFinite<V, TLanes>(rest, x + (long)whole * tokens, products, tokens, 0, Run);
        }
        if (!finite)
        {
            AddAny<V, TLanes>(w, x, products, tokens, n);
        }
    }

    /// <summary>The floats of a row.</summary>
    public static void Dequantize<V, TLanes>(byte* blocks, float* y, int n) where TLanes : ILanes<V>
    {
        int whole = n - n % Run;
        for (int i = DequantizeFinite<V, TLanes>(blocks, y, whole) ? whole : 0; i < n; i++)
        {
            TBlock.Dequantize(blocks + (long)i * TBlock.Bytes, y + i);
        }
    }

    /// <summary>The dot products of rows with one token.</summary>
    public static void Dot<V, TLanes>(byte* w, int rows, float* x, float* y, int n) where TLanes : ILanes<V> =>
        DotRows(&DotFour<V, TLanes>, w, (long)n * TBlock.Bytes, rows, x, null, y, n);

    [SkipLocalsInit]
    private static void DotFour<V, TLanes>(byte* w0, byte* w1, byte* w2, byte* w3, float* x, float* none, float* y, int n) where TLanes : ILanes<V>
    {
        const int run = Run * sizeof(float);
        int p = Lanes512.Count;
        float* sums = stackalloc float[4 * p];
        new Span<float>(sums, 4 * p).Clear();
        int whole = n - n % Run;
        bool finite = DotFinite<V, TLanes>(w0, w1, w2, w3, x, sums, whole);
        if (whole < n)
        {
            byte* rest = stackalloc byte[5 * run];
            CopyRest(w0, rest, whole, n, TBlock.Bytes);
            CopyRest(w1, rest + run, whole, n, TBlock.Bytes);
            CopyRest(w2, rest + 2 * run, whole, n, TBlock.Bytes);
            CopyRest(w3, rest + 3 * run, whole, n, TBlock.Bytes);
            CopyRest((byte*)x, rest + 4 * run, whole, n, sizeof(float));
            finite &= DotFinite<V, TLanes>(rest, rest + run, rest + 2 * run, rest + 3 * run, (float*)(rest + 4 * run), sums, Run);
        }
        y[0] = Product(w0, sums);
        y[1] = Product(w1, sums + p);
        y[2] = Product(w2, sums + 2 * p);
        y[3] = Product(w3, sums + 3 * p);

        // If one row has infinities, the others are still what they are alone.
        float Product(byte* w, float* sum)
        {
            float any = finite ? 0 : DotAny(w, x, n);
            return float.IsFinite(any) ? TLanes.Sum(TLanes.Load(sum)) : any;
        }
    }

    // The numbers after the last whole run, and zeros to make another.
    private static void CopyRest(byte* row, byte* run, int whole, int n, int bytes)
    {
        new Span<byte>(run, Run * bytes).Clear();
        new ReadOnlySpan<byte>(row + (long)whole * bytes, (n - whole) * bytes).CopyTo(new(run, Run * bytes));
    }

    // Each kernel returns false if it met an infinity or NaN, which it has treated as a finite number. n is a whole number of runs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool DequantizeFinite<V, TLanes>(byte* blocks, float* y, int n) where TLanes : ILanes<V>
    {
        V largest = TLanes.Zero;
        long ahead = (long)n * TBlock.Bytes;
        for (float* end = y + n; y < end; y += Run, blocks += Run * TBlock.Bytes)
        {
            Prefetch.Lines(blocks + ahead, Run * TBlock.Bytes);
            float* run = TBlock.Unpack<V, TLanes>(blocks, y, ref largest);
            if (run != y)
            {
                for (int i = 0; i < Run; i += TLanes.Count)
                {
                    TLanes.Store(TLanes.Load(run + i), y + i);
                }
            }
        }
        return TBlock.IsFinite<V, TLanes>(largest);
    }

    // sums: those of each row, Lanes512.Count floats apart.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool DotFinite<V, TLanes>(byte* w0, byte* w1, byte* w2, byte* w3, float* x, float* sums, int n) where TLanes : ILanes<V>
    {
        int p = Lanes512.Count;
        float* memory = stackalloc float[4 * Run + 16], scratch = (float*)(((nint)memory + 63) & ~63);
        V s0 = TLanes.Load(sums), s1 = TLanes.Load(sums + p), s2 = TLanes.Load(sums + 2 * p), s3 = TLanes.Load(sums + 3 * p), largest = TLanes.Zero;
        for (float* end = x + n; x < end; w0 += Run * TBlock.Bytes, w1 += Run * TBlock.Bytes, w2 += Run * TBlock.Bytes, w3 += Run * TBlock.Bytes)
        {
            Prefetch.Ahead(w0, Run * TBlock.Bytes);
            Prefetch.Ahead(w1, Run * TBlock.Bytes);
            Prefetch.Ahead(w2, Run * TBlock.Bytes);
            Prefetch.Ahead(w3, Run * TBlock.Bytes);
            float* run0 = TBlock.Unpack<V, TLanes>(w0, scratch, ref largest), run1 = TBlock.Unpack<V, TLanes>(w1, scratch + Run, ref largest);
            float* run2 = TBlock.Unpack<V, TLanes>(w2, scratch + 2 * Run, ref largest), run3 = TBlock.Unpack<V, TLanes>(w3, scratch + 3 * Run, ref largest);
            for (int i = 0; i < Run; i += TLanes.Count, x += TLanes.Count)
            {
                V v = TLanes.Load(x);
                s0 = TLanes.MultiplyAdd(TLanes.Load(run0 + i), v, s0);
                s1 = TLanes.MultiplyAdd(TLanes.Load(run1 + i), v, s1);
                s2 = TLanes.MultiplyAdd(TLanes.Load(run2 + i), v, s2);
                s3 = TLanes.MultiplyAdd(TLanes.Load(run3 + i), v, s3);
            }
        }
        TLanes.Store(s0, sums);
        TLanes.Store(s1, sums + p);
        TLanes.Store(s2, sums + 2 * p);
        TLanes.Store(s3, sums + 3 * p);
        return TBlock.IsFinite<V, TLanes>(largest);
    }

    private static bool AddFinite<V, TLanes>(byte* w, float* x, float* products, int tokens, long stride, int n) where TLanes : ILanes<V> =>
        tokens == FourTokens.Count ? AddFinite<V, TLanes, FourTokens>(w, x, products, stride, n) : AddFinite<V, TLanes, EightTokens>(w, x, products, stride, n);

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool AddFinite<V, TLanes, TTokens>(byte* w, float* x, float* products, long stride, int n) where TLanes : ILanes<V> where TTokens : ITokenCount
    {
        const int p = PackedTokens.ProductFloats;
        float* memory = stackalloc float[Run + 16], scratch = (float*)(((nint)memory + 63) & ~63);
        V s0 = TLanes.Load(products), s1 = TLanes.Load(products + p), s2 = TLanes.Load(products + 2 * p), s3 = TLanes.Load(products + 3 * p), s4 = s0, s5 = s0, s6 = s0, s7 = s0, largest = TLanes.Zero;
        if (TTokens.Count > 4)
        {
            (s4, s5, s6, s7) = (TLanes.Load(products + 4 * p), TLanes.Load(products + 5 * p), TLanes.Load(products + 6 * p), TLanes.Load(products + 7 * p));
        }
        for (byte* end = w + (long)n * TBlock.Bytes; w < end; w += Run * TBlock.Bytes)
        {
            Prefetch.Lines(w + 2 * stride, Run * TBlock.Bytes);
            float* run = TBlock.Unpack<V, TLanes>(w, scratch, ref largest);
            for (int i = 0; i < Run; i += TLanes.Count, x += TTokens.Count * TLanes.Count)
            {
                V v = TLanes.Load(run + i);
                s0 = TLanes.MultiplyAdd(v, TLanes.Load(x), s0);
                s1 = TLanes.MultiplyAdd(v, TLanes.Load(x + TLanes.Count), s1);
                s2 = TLanes.MultiplyAdd(v, TLanes.Load(x + 2 * TLanes.Count), s2);
                s3 = TLanes.MultiplyAdd(v, TLanes.Load(x + 3 * TLanes.Count), s3);
                if (TTokens.Count > 4)
                {
                    s4 = TLanes.MultiplyAdd(v, TLanes.Load(x + 4 * TLanes.Count), s4);
                    s5 = TLanes.MultiplyAdd(v, TLanes.Load(x + 5 * TLanes.Count), s5);
                    s6 = TLanes.MultiplyAdd(v, TLanes.Load(x + 6 * TLanes.Count), s6);
                    s7 = TLanes.MultiplyAdd(v, TLanes.Load(x + 7 * TLanes.Count), s7);
                }
            }
        }
        PackedTokens.Store<V, TLanes, TTokens>(products, s0, s1, s2, s3, s4, s5, s6, s7);
        return TBlock.IsFinite<V, TLanes>(largest);
    }

    // An infinity or NaN makes the sum infinite or NaN, in any order and whatever finite numbers are already in it. (A call inside a kernel would make the
    // compiler keep the kernel's sums in memory.)
    private static float DotAny(byte* w, float* x, int n)
    {
        float sum = 0;
        for (int i = 0; i < n; i++, w += TBlock.Bytes)
        {
            float e;
            TBlock.Dequantize(w, &e);
            sum += e * x[i];
        }
        return sum;
    }

    private static void AddAny<V, TLanes>(byte* w, float* x, float* products, int tokens, int n) where TLanes : ILanes<V>
    {
        for (int t = 0; t < tokens; t++, x += TLanes.Count, products += PackedTokens.ProductFloats)
        {
            for (int i = 0; i < n; i += TLanes.Count)
            {
                *products += DotAny(w + (long)i * TBlock.Bytes, x + (long)i * tokens, Math.Min(TLanes.Count, n - i));
            }
        }
    }
}
