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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dequantize<V, TLanes>(byte* blocks, float* y, int n) where TLanes : ILanes<V>
    {
        var i = 0;
        for (; i <= n - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TBlock.Load<V, TLanes>(blocks + (long)i * TBlock.Bytes), y + i);
        }

        for (; i < n; i++)
        {
            TBlock.Dequantize(blocks + (long)i * TBlock.Bytes, y + i);
        }
    }

    public static void Dot<V, TLanes>(byte* w, int rows, float* x, float* y, int n) where TLanes : ILanes<V>
    {
        var stride = (long)n * TBlock.Bytes;
        // Two rows at a time, one from each half: see ScaledFormat.
        var half = (rows + 1) / 2;
        for (var r = 0; r < rows - half; r++)
        {
            (y[r], y[half + r]) = DotPair<V, TLanes>(w + r * stride, w + (half + r) * stride, x, n);
        }

        if (rows % 2 == 1)
        {
            y[half - 1] = DotPair<V, TLanes>(w + (half - 1) * stride, w + (half - 1) * stride, x, n).First;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float First, float Second) DotPair<V, TLanes>(byte* w0, byte* w1, float* x, int n) where TLanes : ILanes<V>
    {
        // Two sums for each row hide the latency of the multiply-add.
        V a0 = TLanes.Zero, a1 = a0, b0 = a0, b1 = a0;
        var i = 0;
        for (; i <= n - 2 * TLanes.Count; i += 2 * TLanes.Count, w0 += 2 * TLanes.Count * TBlock.Bytes, w1 += 2 * TLanes.Count * TBlock.Bytes)
        {
            Prefetch.Ahead(w0, 2 * TLanes.Count * TBlock.Bytes);
            Prefetch.Ahead(w1, 2 * TLanes.Count * TBlock.Bytes);
            V x0 = TLanes.Load(x + i), x1 = TLanes.Load(x + i + TLanes.Count);
            a0 = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(w0), x0, a0);
            b0 = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(w1), x0, b0);
            a1 = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(w0 + TLanes.Count * TBlock.Bytes), x1, a1);
            b1 = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(w1 + TLanes.Count * TBlock.Bytes), x1, b1);
        }
        float a = TLanes.Sum(a0) + TLanes.Sum(a1), b = TLanes.Sum(b0) + TLanes.Sum(b1);
        for (; i < n; i++, w0 += TBlock.Bytes, w1 += TBlock.Bytes)
        {
            float e0, e1;
            TBlock.Dequantize(w0, &e0);
            TBlock.Dequantize(w1, &e1);
            (a, b) = (a + e0 * x[i], b + e1 * x[i]);
        }
        return (a, b);
    }
}
