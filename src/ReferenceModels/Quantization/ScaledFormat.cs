using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>Rows of quantized blocks.</summary>
internal sealed unsafe class ScaledFormat<TBlock>(GgmlType type) : BlockFormat(type, TBlock.Elements, TBlock.Bytes)
    where TBlock : struct, IScaledBlock
{
    public override bool NeedsSums => TBlock.HasMinima;

    public override void Dequantize(byte* blocks, float* y, int n)
    {
        if (Vector512.IsHardwareAccelerated)
            Dequantize<Vector512<float>, Lanes512>(blocks, F16.Singles, y, n);
        else
            Dequantize<Vector256<float>, Lanes256>(blocks, F16.Singles, y, n);
    }

    public override void Dot(byte* w, int rows, float* x, float* sums, float* y, int n)
    {
        if (Vector512.IsHardwareAccelerated)
            Dot<Vector512<float>, Lanes512>(w, rows, x, sums, y, n);
        else
            Dot<Vector256<float>, Lanes256>(w, rows, x, sums, y, n);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dequantize<V, TLanes>(byte* blocks, float* halves, float* y, int n) where TLanes : ILanes<V>
    {
        var scratch = stackalloc sbyte[256];
        var scales = stackalloc float[16];
        var minima = stackalloc float[16];
        for (; n > 0; n -= TBlock.Elements, blocks += TBlock.Bytes)
        {
            var q = TBlock.Unpack(blocks, halves, scratch, scales, minima);
            for (var g = 0; g < TBlock.Elements / TBlock.Group; g++)
            {
                var scale = TLanes.Broadcast(scales[g]);
                for (var i = 0; i < TBlock.Group; i += TLanes.Count, q += TLanes.Count, y += TLanes.Count)
                {
                    var product = TLanes.Multiply(scale, TLanes.Load(q));
                    TLanes.Store(TBlock.HasMinima ? TLanes.Subtract(product, TLanes.Broadcast(minima[g])) : product, y);
                }
            }
        }
    }

    public static void Dot<V, TLanes>(byte* w, int rows, float* x, float* sums, float* y, int n) where TLanes : ILanes<V>
    {
        var halves = F16.Singles;
        var stride = n / TBlock.Elements * TBlock.Bytes;
        for (var r = 0; r < rows - 1; r += 2, w += 2L * stride)
            (y[r], y[r + 1]) = DotPair<V, TLanes>(w, w + stride, halves, x, sums, n);
        // A last row without a partner is its own.
        if (rows % 2 == 1)
            y[rows - 1] = DotPair<V, TLanes>(w, w, halves, x, sums, n).First;
    }

    // Σ (s q − m) x = Σ_g s_g Σ q x − Σ_g m_g Σ x: one multiplication by the scale for a group, and the minima cost one
    // multiply-add for eight groups. Two rows at a time share what is loaded of x.
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
            var q0 = TBlock.Unpack(w0, halves, scratch, scales, scales + 16);
            var q1 = TBlock.Unpack(w1, halves, scratch + 256, scales + 32, scales + 48);
            for (var g = 0; g < TBlock.Elements / TBlock.Group; g++, q0 += TBlock.Group, q1 += TBlock.Group, x += TBlock.Group)
            {
                var a = TLanes.Load(x);
                V p0 = TLanes.Multiply(TLanes.Load(q0), a), p1 = TLanes.Multiply(TLanes.Load(q1), a);
                if (TBlock.Group > TLanes.Count)
                {
                    a = TLanes.Load(x + TLanes.Count);
                    p0 = TLanes.MultiplyAdd(TLanes.Load(q0 + TLanes.Count), a, p0);
                    p1 = TLanes.MultiplyAdd(TLanes.Load(q1 + TLanes.Count), a, p1);
                }
                if (TBlock.Group > 2 * TLanes.Count)
                {
                    a = TLanes.Load(x + 2 * TLanes.Count);
                    p0 = TLanes.MultiplyAdd(TLanes.Load(q0 + 2 * TLanes.Count), a, p0);
                    p1 = TLanes.MultiplyAdd(TLanes.Load(q1 + 2 * TLanes.Count), a, p1);
                    a = TLanes.Load(x + 3 * TLanes.Count);
                    p0 = TLanes.MultiplyAdd(TLanes.Load(q0 + 3 * TLanes.Count), a, p0);
                    p1 = TLanes.MultiplyAdd(TLanes.Load(q1 + 3 * TLanes.Count), a, p1);
                }
                s0 = TLanes.MultiplyAdd(p0, TLanes.Broadcast(scales[g]), s0);
                s1 = TLanes.MultiplyAdd(p1, TLanes.Broadcast(scales[32 + g]), s1);
            }
            if (TBlock.HasMinima)
            {
                var sum = Vector256.Load(sums);
                m0 = Vector256.MultiplyAddEstimate(Vector256.Load(scales + 16), sum, m0);
                m1 = Vector256.MultiplyAddEstimate(Vector256.Load(scales + 48), sum, m1);
                sums += TBlock.Elements / SumElements;
            }
        }
        return TBlock.HasMinima
            ? (TLanes.Sum(s0) - Lanes256.Sum(m0), TLanes.Sum(s1) - Lanes256.Sum(m1))
            : (TLanes.Sum(s0), TLanes.Sum(s1));
    }
}
