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
    public static void AddRow<V, TLanes>(byte* w, float* x, float* products, int tokens, long stride, int n) where TLanes : ILanes<V>
    {
        if (tokens == FourTokens.Count ? !AddFinite<V, TLanes, FourTokens>(w, x, products, stride, n) : !AddFinite<V, TLanes, EightTokens>(w, x, products, stride, n))
        {
            AddAny<V, TLanes>(w, x, products, tokens, n);
            return;
        }
        int whole = n - n % TLanes.Count;
        for (int t = 0; t < tokens && whole < n; t++)
        {
            products[t * PackedTokens.ProductFloats + PackedTokens.Minima] = -Rest(w + (long)whole * TBlock.Bytes, x + (long)whole * tokens + t * TLanes.Count, n - whole);
        }
    }

    /// <summary>The floats of a row.</summary>
    public static void Dequantize<V, TLanes>(byte* blocks, float* y, int n) where TLanes : ILanes<V>
    {
        if (!DequantizeFinite<V, TLanes>(blocks, y, n))
        {
            for (int i = 0; i < n; i++)
            {
                TBlock.Dequantize(blocks + (long)i * TBlock.Bytes, y + i);
            }
        }
    }

    /// <summary>The dot products of rows with one token.</summary>
    public static void Dot<V, TLanes>(byte* w, int rows, float* x, float* y, int n) where TLanes : ILanes<V>
    {
        var stride = (long)n * TBlock.Bytes;
        // Two rows at a time, one from each half: see ScaledFormat.
        int half = (rows + 1) / 2, whole = n - n % TLanes.Count;
        for (var r = 0; r < half; r++)
        {
            byte* w0 = w + r * stride, w1 = half + r < rows ? w0 + half * stride : w0;
            float first, second;
            bool finite = DotFinite<V, TLanes>(w0, w1, x, n, &first, &second);
            y[r] = finite ? first + Rest(w0 + (long)whole * TBlock.Bytes, x + whole, n - whole) : Rest(w0, x, n);
            if (w1 != w0)
            {
                y[half + r] = finite ? second + Rest(w1 + (long)whole * TBlock.Bytes, x + whole, n - whole) : Rest(w1, x, n);
            }
        }
    }

    // What each kernel returns is false where it met an infinity or not-a-number, which it took for a number: then nothing of it counts.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool DequantizeFinite<V, TLanes>(byte* blocks, float* y, int n) where TLanes : ILanes<V>
    {
        V largest = TLanes.Zero;
        int i = 0;
        for (; i <= n - TLanes.Count; i += TLanes.Count)
        {
            Prefetch.Lines(blocks + (long)(i + n) * TBlock.Bytes, TLanes.Count * TBlock.Bytes);
            TLanes.Store(TBlock.Load<V, TLanes>(blocks + (long)i * TBlock.Bytes, ref largest), y + i);
        }
        for (; i < n; i++)
        {
            TBlock.Dequantize(blocks + (long)i * TBlock.Bytes, y + i);
        }
        return TBlock.IsFinite<V, TLanes>(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool DotFinite<V, TLanes>(byte* w0, byte* w1, float* x, int n, float* first, float* second) where TLanes : ILanes<V>
    {
        V a = TLanes.Zero, b = a, largest = a;
        int i = 0;
        for (; i <= n - TLanes.Count; i += TLanes.Count, w0 += TLanes.Count * TBlock.Bytes, w1 += TLanes.Count * TBlock.Bytes)
        {
            Prefetch.Ahead(w0, TLanes.Count * TBlock.Bytes);
            Prefetch.Ahead(w1, TLanes.Count * TBlock.Bytes);
            V v = TLanes.Load(x + i);
            a = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(w0, ref largest), v, a);
            b = TLanes.MultiplyAdd(TBlock.Load<V, TLanes>(w1, ref largest), v, b);
        }
        (*first, *second) = (TLanes.Sum(a), TLanes.Sum(b));
        return TBlock.IsFinite<V, TLanes>(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool AddFinite<V, TLanes, TTokens>(byte* w, float* x, float* products, long stride, int n) where TLanes : ILanes<V> where TTokens : ITokenCount
    {
        const int p = PackedTokens.ProductFloats;
        V s0 = TLanes.Load(products), s1 = TLanes.Load(products + p), s2 = TLanes.Load(products + 2 * p), s3 = TLanes.Load(products + 3 * p), s4 = s0, s5 = s0, s6 = s0, s7 = s0, largest = TLanes.Zero;
        if (TTokens.Count > 4)
        {
            (s4, s5, s6, s7) = (TLanes.Load(products + 4 * p), TLanes.Load(products + 5 * p), TLanes.Load(products + 6 * p), TLanes.Load(products + 7 * p));
        }
        int i = 0;
        for (; i <= n - TLanes.Count; i += TLanes.Count, w += TLanes.Count * TBlock.Bytes, x += TTokens.Count * TLanes.Count)
        {
            Prefetch.Lines(w + 2 * stride, TLanes.Count * TBlock.Bytes);
            V v = TBlock.Load<V, TLanes>(w, ref largest);
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
        if (!TBlock.IsFinite<V, TLanes>(largest))
        {
            return false;
        }
        PackedTokens.Store<V, TLanes, TTokens>(products, s0, s1, s2, s3, s4, s5, s6, s7);
        return true;
    }

    // What is left of a row after whole registers; or all of a row with an infinity or not-a-number, of which the sum is one in any order. (A call in a kernel
    // would make the compiler keep its sums in memory.)
    private static float Rest(byte* w, float* x, int n)
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
                *products += Rest(w + (long)i * TBlock.Bytes, x + (long)i * tokens, Math.Min(TLanes.Count, n - i));
            }
        }
    }
}
