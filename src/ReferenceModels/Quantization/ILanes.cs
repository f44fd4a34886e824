namespace ReferenceModels.Quantization;

/// <summary>A SIMD width, so that each kernel is written once: <typeparamref name="V"/> holds <see cref="Count"/> floats.</summary>
internal unsafe interface ILanes<V>
{
    static abstract int Count { get; }

    /// <summary>Whether a group's scale multiplies its weights rather than the sum of their products with a token's columns, whichever is faster.</summary>
    static abstract bool ScalesWeights { get; }

    static abstract V Zero { get; }

    static abstract V Broadcast(float value);

    static abstract V Load(float* p);

    /// <summary>Bytes as floats.</summary>
    static abstract V Load(sbyte* p);

    /// <summary>Whether none of the next 32 halves is zero or subnormal; <paramref name="largest"/> records the largest magnitude so far, for <see cref="AreFinite"/>.</summary>
    static abstract bool AreNormal(Half* p, ref V largest);

    /// <summary>Halves as floats; none may be zero, subnormal or infinite.</summary>
    static abstract V LoadNormal(Half* p);

    /// <summary>Halves as floats. Infinity and NaN become numbers of 65536 and more.</summary>
    static abstract V LoadFinite(Half* p);

    /// <summary>The upper halves of floats as floats.</summary>
    static abstract V LoadUpperHalves(ushort* p);

    static abstract void Store(V v, float* p);

    static abstract V Multiply(V a, V b);

    static abstract V Subtract(V a, V b);

    /// <summary>a·b + c with one rounding where the processor can.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    static abstract float Sum(V v);

    /// <summary>Whether all halves that <see cref="AreNormal"/> has seen were finite.</summary>
    static abstract bool AreFinite(V largest);
}
