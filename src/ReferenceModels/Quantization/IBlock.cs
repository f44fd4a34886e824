namespace ReferenceModels.Quantization;

/// <summary>One ggml block layout: a fixed number of elements in a fixed number of bytes.</summary>
/// <remarks>A block's elements are q·s − m with small integers q, a scale s for each group of elements and, in some
/// formats, a minimum m. Exactness is judged against <c>to_float</c> of ggml itself, bit for bit.</remarks>
internal unsafe interface IBlock
{
    /// <summary>Elements in a block.</summary>
    static abstract int Elements { get; }

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>What ggml turns the other side of a product into.</summary>
    static abstract ActivationFormat Activations { get; }

    /// <summary>The definition, element by element: writes the block's elements to <paramref name="y"/>.</summary>
    static abstract void Dequantize(byte* block, float* y);
}
