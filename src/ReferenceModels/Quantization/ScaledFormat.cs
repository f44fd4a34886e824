using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>Rows of quantized blocks.</summary>
internal sealed unsafe class ScaledFormat<TBlock>(GgmlType type) : BlockFormat(type, TBlock.Elements, TBlock.Bytes, TBlock.Activations)
    where TBlock : struct, IScaledBlock
{
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

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dequantize<V, TLanes>(byte* blocks, long stride, int rows, float* halves, float* y, int ldy, int n) where TLanes : ILanes<V>
    {
        var scratch = stackalloc sbyte[256];
        var scales = stackalloc float[16];
        var minima = stackalloc float[16];
        for (; rows > 0; rows--, blocks += stride, y += ldy)
        {
            byte* block = blocks;
            float* end = y + n;
            for (var to = y; to < end; block += TBlock.Bytes)
            {
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

    // Two roundings, as the definition has them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, TLanes>(sbyte* q, V scale, V minimum, float* y) where TLanes : ILanes<V>
    {
        V product = TLanes.Multiply(scale, TLanes.Load(q));
        TLanes.Store(TBlock.HasMinima ? TLanes.Subtract(product, minimum) : product, y);
    }

    public static void Dot<V, TLanes>(byte* w, int rows, float* x, float* sums, float* y, int n) where TLanes : ILanes<V>
    {
        var halves = F16.Singles;
        long stride = n / TBlock.Elements * TBlock.Bytes;
        // Two rows at a time, one from each half: a half is then read from end to end, as prefetching likes it.
        var half = (rows + 1) / 2;
        for (var r = 0; r < rows - half; r++)
        {
            (y[r], y[half + r]) = DotPair<V, TLanes>(w + r * stride, w + (half + r) * stride, halves, x, sums, n);
        }
        // A row without a partner is its own.
        if (rows % 2 == 1)
        {
            y[half - 1] = DotPair<V, TLanes>(w + (half - 1) * stride, w + (half - 1) * stride, halves, x, sums, n).First;
        }
    }

    // Σ (s q − m) x = Σ_g s_g Σ q x − Σ_g m_g Σ x: one multiplication by the scale for a group, and the minima cost one
    // multiply-add for eight groups.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float First, float Second) DotPair<V, TLanes>(byte* w0, byte* w1, float* halves, float* x, float* sums, int n) where TLanes : ILanes<V>
    {
        var memory = stackalloc sbyte[512 + 256 + 64];
        var scratch = (sbyte*)(((nint)memory + 63) & ~63);
        var scales = (float*)(scratch + 512);
        V s0 = TLanes.Zero, s1 = s0;
        Vector256<float> m0 = Vector256<float>.Zero, m1 = m0;
        for (; n > 0; n -= TBlock.Elements, w0 += TBlock.Bytes, w1 += TBlock.Bytes)
        {
            Prefetch.Ahead(w0, TBlock.Bytes);
            Prefetch.Ahead(w1, TBlock.Bytes);
            var q0 = TBlock.Unpack(w0, halves, scratch, scales, scales + 16);
            var q1 = TBlock.Unpack(w1, halves, scratch + 256, scales + 32, scales + 48);
            if (TBlock.Elements == TBlock.Group)
            {
                s0 = Add<V, TLanes>(s0, q0, scales, x);
                s1 = Add<V, TLanes>(s1, q1, scales + 32, x);
                x += TBlock.Group;
            }
            else
            {
                // Four groups a round: with one, a third of the instructions would count and jump.
                for (var g = scales; g < scales + TBlock.Elements / TBlock.Group; g += 4, q0 += 4 * TBlock.Group, q1 += 4 * TBlock.Group, x += 4 * TBlock.Group)
                {
                    s0 = Add<V, TLanes>(s0, q0, g, x);
                    s1 = Add<V, TLanes>(s1, q1, g + 32, x);
                    s0 = Add<V, TLanes>(s0, q0 + TBlock.Group, g + 1, x + TBlock.Group);
                    s1 = Add<V, TLanes>(s1, q1 + TBlock.Group, g + 33, x + TBlock.Group);
                    s0 = Add<V, TLanes>(s0, q0 + 2 * TBlock.Group, g + 2, x + 2 * TBlock.Group);
                    s1 = Add<V, TLanes>(s1, q1 + 2 * TBlock.Group, g + 34, x + 2 * TBlock.Group);
                    s0 = Add<V, TLanes>(s0, q0 + 3 * TBlock.Group, g + 3, x + 3 * TBlock.Group);
                    s1 = Add<V, TLanes>(s1, q1 + 3 * TBlock.Group, g + 35, x + 3 * TBlock.Group);
                }
            }

            if (TBlock.HasMinima)
            {
                if (TBlock.Elements == TBlock.Group)
                {
                    m0 += Vector256.CreateScalar(scales[16] * *sums);
                    m1 += Vector256.CreateScalar(scales[48] * *sums);
                    sums++;
                }

                for (var g = 0; g < TBlock.Elements / TBlock.Group / 8; g++, sums += 8)
                {
                    var sum = Vector256.Load(sums);
                    m0 = Vector256.MultiplyAddEstimate(Vector256.Load(scales + 16 + 8 * g), sum, m0);
                    m1 = Vector256.MultiplyAddEstimate(Vector256.Load(scales + 48 + 8 * g), sum, m1);
                }
            }
        }
        return TBlock.HasMinima
            ? (TLanes.Sum(s0) - Lanes256.Sum(m0), TLanes.Sum(s1) - Lanes256.Sum(m1))
            : (TLanes.Sum(s0), TLanes.Sum(s1));
    }

    // sum + s Σ q x over a group, a partial sum in each lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Add<V, TLanes>(V sum, sbyte* q, float* scale, float* x) where TLanes : ILanes<V>
    {
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
}
