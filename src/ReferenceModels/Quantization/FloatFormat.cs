using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>Rows of floating-point numbers.</summary>
internal sealed unsafe class FloatFormat<TBlock>(GgmlType type) : BlockFormat(type, TBlock.Elements, TBlock.Bytes)
    where TBlock : struct, IFloatBlock
{
    public override bool NeedsSums => false;

    public override void Dequantize(byte* blocks, float* y, int n)
    {
        if (Vector512.IsHardwareAccelerated)
            Dequantize<Vector512<float>, Lanes512>(blocks, y, n);
        else
            Dequantize<Vector256<float>, Lanes256>(blocks, y, n);
    }

    public override void Dot(byte* w, int rows, float* x, float* sums, float* y, int n)
    {
        for (var r = 0; r < rows; r++, w += (long)n * TBlock.Bytes)
            y[r] = Vector512.IsHardwareAccelerated
                ? Dot<Vector512<float>, Lanes512>(w, x, n)
                : Dot<Vector256<float>, Lanes256>(w, x, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dequantize<V, TLanes>(byte* blocks, float* y, int n) where TLanes : ILanes<V>
    {
        var i = 0;
        for (; i <= n - TLanes.Count; i += TLanes.Count)
            TLanes.Store(TBlock.Load<V, TLanes>(blocks + (long)i * TBlock.Bytes), y + i);
        for (; i < n; i++)
            TBlock.Dequantize(blocks + (long)i * TBlock.Bytes, y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot<V, TLanes>(byte* w, float* x, int n) where TLanes : ILanes<V>
    {
        // Four sums hide the latency of the multiply-add.
        V a = TLanes.Zero, b = a, c = a, d = a;
        var i = 0;
        for (; i <= n - 4 * TLanes.Count; i += 4 * TLanes.Count)
        {
            var p = w + (long)i * TBlock.Bytes;
            var q = x + i;
            a = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(p), TLanes.Load(q), a);
            b = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(p + TLanes.Count * TBlock.Bytes), TLanes.Load(q + TLanes.Count), b);
            c = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(p + 2 * TLanes.Count * TBlock.Bytes), TLanes.Load(q + 2 * TLanes.Count), c);
            d = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(p + 3 * TLanes.Count * TBlock.Bytes), TLanes.Load(q + 3 * TLanes.Count), d);
        }
        for (; i <= n - TLanes.Count; i += TLanes.Count)
            a = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(w + (long)i * TBlock.Bytes), TLanes.Load(x + i), a);
        var sum = TLanes.Sum(a) + TLanes.Sum(b) + (TLanes.Sum(c) + TLanes.Sum(d));
        for (; i < n; i++)
        {
            float element;
            TBlock.Dequantize(w + (long)i * TBlock.Bytes, &element);
            sum += element * x[i];
        }
        return sum;
    }
}
