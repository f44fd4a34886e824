namespace ReferenceModels.Quantization;

/// <summary>A quantized block: x = s_g·q − m_g for small integers q in groups g.</summary>
internal unsafe interface IScaledBlock : IBlock
{
    /// <summary>Elements that share a scale: 16 or 32.</summary>
    static abstract int Group { get; }

    /// <summary>Whether there are minima m, one for each group; they come by the eight, or one for a block.</summary>
    static abstract bool HasMinima { get; }

    /// <summary>Takes a block apart: s, and m where there are any. <paramref name="halves"/> is <see cref="F16.Singles"/>.</summary>
    /// <returns>q in the order of the elements: in <paramref name="scratch"/>, or in the block itself.</returns>
    static abstract sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima);
}
