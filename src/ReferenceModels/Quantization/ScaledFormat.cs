using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>Rows of quantized blocks.</summary>
internal unsafe class ScaledFormat<TBlock>(GgmlType type) : BlockFormat(type, TBlock.Elements, TBlock.Bytes, TBlock.Activations)
    where TBlock : struct, IScaledBlock
{
    public override IntegerKernel? Integers => ShortKernel<TBlock>.Instance;

    public override int SumElements => TBlock.HasMinima ? TBlock.Group : 0;

    public override void Dequantize(byte* blocks, long stride, int rows, float* y, int ldy, int n)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Dequantize<Vector512<float>, Lanes512>(blocks, stride, rows, F16.Singles, y, ldy, n);
        }
        else
        {
            Dequantize<Vector256<float>, Lanes256>(blocks, stride, rows, F16.Singles, y, ldy, n);
        }
    }

    [SkipLocalsInit]
    public override void Minima(byte* blocks, float* m, int n)
    {
        var scratch = stackalloc sbyte[256];
        var scales = stackalloc float[16];
        var minima = stackalloc float[16];
        for (; n > 0; n -= TBlock.Elements, blocks += TBlock.Bytes, m += TBlock.Elements / TBlock.Group)
        {
            TBlock.Unpack(blocks, F16.Singles, scratch, scales, minima);
            new Span<float>(minima, TBlock.Elements / TBlock.Group).CopyTo(new(m, TBlock.Elements / TBlock.Group));
        }
    }

    public override void Dot(byte* w, int rows, float* x, float* sums, float* y, int n)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Dot<Vector512<float>, Lanes512>(w, rows, x, sums, y, n);
        }
        else
        {
            Dot<Vector256<float>, Lanes256>(w, rows, x, sums, y, n);
        }
    }

    public override void Add(byte* w, long stride, int rows, float* x, float* sums, float* products, int tokens, int n)
    {
        for (; rows > 0; rows--, w += stride, products += tokens * PackedTokens.ProductFloats)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                AddRow<Vector512<float>, Lanes512>(w, F16.Singles, x, sums, products, tokens, stride, n);
            }
            else
            {
                AddRow<Vector256<float>, Lanes256>(w, F16.Singles, x, sums, products, tokens, stride, n);
            }
        }
    }

    /// <summary>One row.</summary>
    public static void AddRow<V, TLanes>(byte* w, float* halves, float* x, float* sums, float* products, int tokens, long stride, int n) where TLanes : ILanes<V>
    {
        if (tokens == FourTokens.Count)
        {
            AddRow<V, TLanes, FourTokens>(w, halves, x, sums, products, stride, n);
        }
        else
        {
            AddRow<V, TLanes, EightTokens>(w, halves, x, sums, products, stride, n);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dequantize<V, TLanes>(byte* blocks, long stride, int rows, float* halves, float* y, int ldy, int n) where TLanes : ILanes<V>
    {
        var scratch = stackalloc sbyte[256];
        var scales = stackalloc float[16];
        var minima = stackalloc float[16];
        long ahead = (long)(n / TBlock.Elements) * TBlock.Bytes;
        for (; rows > 0; rows--, blocks += stride, y += ldy)
        {
            byte* block = blocks;
            float* end = y + n;
            for (var to = y; to < end; block += TBlock.Bytes)
            {
                Prefetch.Lines(block + ahead, TBlock.Bytes);
                var q = TBlock.Unpack(block, halves, scratch, scales, minima);
                for (var g = 0; g < TBlock.Elements / TBlock.Group; g++, q += TBlock.Group, to += TBlock.Group)
                {
                    V scale = TLanes.Broadcast(scales[g]), minimum = TBlock.HasMinima ? TLanes.Broadcast(minima[g]) : scale;
                    Store<V, TLanes>(q, scale, minimum, to);
                    if (TBlock.Group > TLanes.Count)
                    {
                        Store<V, TLanes>(q + TLanes.Count, scale, minimum, to + TLanes.Count);
                    }

                    if (TBlock.Group > 2 * TLanes.Count)
                    {
                        Store<V, TLanes>(q + 2 * TLanes.Count, scale, minimum, to + 2 * TLanes.Count);
                        Store<V, TLanes>(q + 3 * TLanes.Count, scale, minimum, to + 3 * TLanes.Count);
                    }
                }
            }
        }
    }

    // Two roundings, as in the definition.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, TLanes>(sbyte* q, V scale, V minimum, float* y) where TLanes : ILanes<V>
    {
        V product = TLanes.Multiply(scale, TLanes.Load(q));
        TLanes.Store(TBlock.HasMinima ? TLanes.Subtract(product, minimum) : product, y);
    }

    public static void Dot<V, TLanes>(byte* w, int rows, float* x, float* sums, float* y, int n) where TLanes : ILanes<V> =>
        DotRows(&DotFour<V, TLanes>, w, (long)(n / TBlock.Elements) * TBlock.Bytes, rows, x, sums, y, n);

    // Σ (s q − m) x = Σ_g s_g Σ q x − Σ_g m_g Σ x: one multiplication by the scale per group, and one
    // multiply-add for the minima of eight groups.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotFour<V, TLanes>(byte* w0, byte* w1, byte* w2, byte* w3, float* x, float* sums, float* y, int n) where TLanes : ILanes<V>
    {
        // For each row 256 bytes, 16 scales and 16 minima.
        sbyte* memory = stackalloc sbyte[4 * (256 + 128) + 64], scratch = (sbyte*)(((nint)memory + 63) & ~63);
        float* scales = (float*)(scratch + 4 * 256), minima = scales + 16, halves = F16.Singles;
        V s0 = TLanes.Zero, s1 = s0, s2 = s0, s3 = s0;
        Vector256<float> m0 = Vector256<float>.Zero, m1 = m0, m2 = m0, m3 = m0;
        for (; n > 0; n -= TBlock.Elements, w0 += TBlock.Bytes, w1 += TBlock.Bytes, w2 += TBlock.Bytes, w3 += TBlock.Bytes)
        {
            Prefetch.Ahead(w0, TBlock.Bytes);
            Prefetch.Ahead(w1, TBlock.Bytes);
            Prefetch.Ahead(w2, TBlock.Bytes);
            Prefetch.Ahead(w3, TBlock.Bytes);
            sbyte* q0 = TBlock.Unpack(w0, halves, scratch, scales, minima), q1 = TBlock.Unpack(w1, halves, scratch + 256, scales + 32, minima + 32);
            sbyte* q2 = TBlock.Unpack(w2, halves, scratch + 512, scales + 64, minima + 64), q3 = TBlock.Unpack(w3, halves, scratch + 768, scales + 96, minima + 96);
            for (float* s = scales, end = s + TBlock.Elements / TBlock.Group; s < end; s++, x += TBlock.Group, q0 += TBlock.Group, q1 += TBlock.Group, q2 += TBlock.Group, q3 += TBlock.Group)
            {
                s0 = Add<V, TLanes>(s0, q0, s, x);
                s1 = Add<V, TLanes>(s1, q1, s + 32, x);
                s2 = Add<V, TLanes>(s2, q2, s + 64, x);
                s3 = Add<V, TLanes>(s3, q3, s + 96, x);
            }
            if (TBlock.HasMinima)
            {
                if (TBlock.Elements == TBlock.Group)
                {
                    m0 += Vector256.CreateScalar(minima[0] * *sums);
                    m1 += Vector256.CreateScalar(minima[32] * *sums);
                    m2 += Vector256.CreateScalar(minima[64] * *sums);
                    m3 += Vector256.CreateScalar(minima[96] * *sums);
                    sums++;
                }
                for (int g = 0; g < TBlock.Elements / TBlock.Group / 8; g++, sums += 8)
                {
                    var sum = Vector256.Load(sums);
                    m0 = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 8 * g), sum, m0);
                    m1 = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 32 + 8 * g), sum, m1);
                    m2 = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 64 + 8 * g), sum, m2);
                    m3 = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 96 + 8 * g), sum, m3);
                }
            }
        }
        (y[0], y[1], y[2], y[3]) = (TLanes.Sum(s0), TLanes.Sum(s1), TLanes.Sum(s2), TLanes.Sum(s3));
        if (TBlock.HasMinima)
        {
            y[0] -= Lanes256.Sum(m0);
            y[1] -= Lanes256.Sum(m1);
            y[2] -= Lanes256.Sum(m2);
            y[3] -= Lanes256.Sum(m3);
        }
    }

    // sum + s Σ q x over a group, a partial sum in each lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Add<V, TLanes>(V sum, sbyte* q, float* scale, float* x) where TLanes : ILanes<V>
    {
        if (TLanes.ScalesWeights)
        {
            V s = TLanes.Broadcast(*scale);
            sum = TLanes.MultiplyAdd(TLanes.Multiply(TLanes.Load(q), s), TLanes.Load(x), sum);
            return TBlock.Group > TLanes.Count ? TLanes.MultiplyAdd(TLanes.Multiply(TLanes.Load(q + TLanes.Count), s), TLanes.Load(x + TLanes.Count), sum) : sum;
        }

        var group = TLanes.Multiply(TLanes.Load(q), TLanes.Load(x));
        if (TBlock.Group > TLanes.Count)
        {
            group = TLanes.MultiplyAdd(TLanes.Load(q + TLanes.Count), TLanes.Load(x + TLanes.Count), group);
        }

        if (TBlock.Group > 2 * TLanes.Count)
        {
            group = TLanes.MultiplyAdd(TLanes.Load(q + 2 * TLanes.Count), TLanes.Load(x + 2 * TLanes.Count), group);
            group = TLanes.MultiplyAdd(TLanes.Load(q + 3 * TLanes.Count), TLanes.Load(x + 3 * TLanes.Count), group);
        }
        return TLanes.MultiplyAdd(group, TLanes.Broadcast(*scale), sum);
    }

    // The sums of DotFour for one row and several tokens: each byte is converted to a float once for all of them.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow<V, TLanes, TTokens>(byte* w, float* halves, float* x, float* sums, float* products, long stride, int n) where TLanes : ILanes<V> where TTokens : ITokenCount
    {
        const int p = PackedTokens.ProductFloats;
        var memory = stackalloc sbyte[256 + 128 + 64];
        var scratch = (sbyte*)(((nint)memory + 63) & ~63);
        var scales = (float*)(scratch + 256);
        V s0 = TLanes.Load(products), s1 = TLanes.Load(products + p), s2 = TLanes.Load(products + 2 * p), s3 = TLanes.Load(products + 3 * p), s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        if (TTokens.Count > 4)
        {
            (s4, s5, s6, s7) = (TLanes.Load(products + 4 * p), TLanes.Load(products + 5 * p), TLanes.Load(products + 6 * p), TLanes.Load(products + 7 * p));
        }
        for (int i = 0; i < n; i += TBlock.Elements, w += TBlock.Bytes)
        {
            Prefetch.Lines(w + 2 * stride, TBlock.Bytes);
            sbyte* q = TBlock.Unpack(w, halves, scratch, scales, scales + 16);
            for (float* scale = scales; scale < scales + TBlock.Elements / TBlock.Group; scale++, q += TBlock.Group, x += TTokens.Count * TBlock.Group)
            {
                V s = TLanes.Broadcast(*scale), q0 = TLanes.Load(q), q1 = q0, q2 = q0, q3 = q0;
                if (TBlock.Group > TLanes.Count)
                {
                    q1 = TLanes.Load(q + TLanes.Count);
                }
                if (TBlock.Group > 2 * TLanes.Count)
                {
                    (q2, q3) = (TLanes.Load(q + 2 * TLanes.Count), TLanes.Load(q + 3 * TLanes.Count));
                }
                if (TLanes.ScalesWeights)
                {
                    (q0, q1) = (TLanes.Multiply(q0, s), TLanes.Multiply(q1, s));
                }
                s0 = Add<V, TLanes, TTokens>(s0, q0, q1, q2, q3, s, x);
                s1 = Add<V, TLanes, TTokens>(s1, q0, q1, q2, q3, s, x + TLanes.Count);
                s2 = Add<V, TLanes, TTokens>(s2, q0, q1, q2, q3, s, x + 2 * TLanes.Count);
                s3 = Add<V, TLanes, TTokens>(s3, q0, q1, q2, q3, s, x + 3 * TLanes.Count);
                if (TTokens.Count > 4)
                {
                    s4 = Add<V, TLanes, TTokens>(s4, q0, q1, q2, q3, s, x + 4 * TLanes.Count);
                    s5 = Add<V, TLanes, TTokens>(s5, q0, q1, q2, q3, s, x + 5 * TLanes.Count);
                    s6 = Add<V, TLanes, TTokens>(s6, q0, q1, q2, q3, s, x + 6 * TLanes.Count);
                    s7 = Add<V, TLanes, TTokens>(s7, q0, q1, q2, q3, s, x + 7 * TLanes.Count);
                }
            }
            if (TBlock.HasMinima)
            {
                AddMinima<TTokens>(i / TBlock.Group, scales + 16, sums, products + PackedTokens.Minima);
            }
        }
        PackedTokens.Store<V, TLanes, TTokens>(products, s0, s1, s2, s3, s4, s5, s6, s7);
    }

    // As above, with bytes that are already floats, and already scaled if TLanes.ScalesWeights.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Add<V, TLanes, TTokens>(V sum, V q0, V q1, V q2, V q3, V scale, float* x) where TLanes : ILanes<V> where TTokens : ITokenCount
    {
        if (TLanes.ScalesWeights)
        {
            sum = TLanes.MultiplyAdd(q0, TLanes.Load(x), sum);
            return TBlock.Group > TLanes.Count ? TLanes.MultiplyAdd(q1, TLanes.Load(x + TTokens.Count * TLanes.Count), sum) : sum;
        }

        V group = TLanes.Multiply(q0, TLanes.Load(x));
        if (TBlock.Group > TLanes.Count)
        {
            group = TLanes.MultiplyAdd(q1, TLanes.Load(x + TTokens.Count * TLanes.Count), group);
        }
        if (TBlock.Group > 2 * TLanes.Count)
        {
            group = TLanes.MultiplyAdd(q2, TLanes.Load(x + 2 * TTokens.Count * TLanes.Count), group);
            group = TLanes.MultiplyAdd(q3, TLanes.Load(x + 3 * TTokens.Count * TLanes.Count), group);
        }
        return TLanes.MultiplyAdd(group, scale, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddMinima<TTokens>(int group, float* minima, float* sums, float* products) where TTokens : ITokenCount
    {
        sums += (long)(group / 8) * 8 * TTokens.Count;
        for (int t = 0; t < TTokens.Count; t++, products += PackedTokens.ProductFloats)
        {
            if (TBlock.Elements == TBlock.Group)
            {
                *products += *minima * sums[t * 8 + group % 8];
            }
            for (int g = 0; g < TBlock.Elements / TBlock.Group / 8; g++)
            {
                Vector256.MultiplyAddEstimate(Vector256.Load(minima + 8 * g), Vector256.Load(sums + (g * TTokens.Count + t) * 8), Vector256.Load(products)).Store(products);
            }
        }
    }
}
