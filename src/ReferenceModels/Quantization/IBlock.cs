namespace ReferenceModels.Quantization;

/// <summary>One ggml block layout: a fixed number of elements in a fixed number of bytes.</summary>
/// <remarks>A block's elements are q·s − m with small integers q, a scale s for each group of elements and, in some
/// formats, a minimum m. Tests compare them with ggml's own <c>to_float</c>, bit for bit.</remarks>
internal unsafe interface IBlock
{
    /// <summary>Elements in a block.</summary>
    static abstract int Elements { get; }

    /// <summary>Bytes in a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>The format ggml converts the other operand of a product to.</summary>
    static abstract ActivationFormat Activations { get; }

    /// <summary>The definition, element by element: writes the block's elements to <paramref name="y"/>.</summary>
    static abstract void Dequantize(byte* block, float* y);
}
