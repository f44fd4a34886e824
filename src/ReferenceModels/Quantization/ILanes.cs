namespace ReferenceModels.Quantization;

/// <summary>A SIMD width, so that each kernel is written once: <typeparamref name="V"/> holds <see cref="Count"/> floats.</summary>
internal unsafe interface ILanes<V>
{
    static abstract int Count { get; }

    static abstract V Zero { get; }

    static abstract V Broadcast(float value);

    static abstract V Load(float* p);

    /// <summary>Bytes as floats.</summary>
    static abstract V Load(sbyte* p);

    /// <summary>Halves as floats. Infinity and not-a-number become numbers from 65536 on; <paramref name="largest"/> becomes the largest magnitude so far.</summary>
    static abstract V LoadFinite(Half* p, ref V largest);

    /// <summary>The upper halves of floats as floats.</summary>
    static abstract V LoadUpperHalves(ushort* p);

    static abstract void Store(V v, float* p);

    static abstract V Multiply(V a, V b);

    static abstract V Subtract(V a, V b);

    /// <summary>a·b + c with one rounding where the processor can.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    static abstract float Sum(V v);

    /// <summary>Whether one is at least <paramref name="limit"/>.</summary>
    static abstract bool AnyFrom(V v, float limit);
}
