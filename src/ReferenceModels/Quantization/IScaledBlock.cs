namespace ReferenceModels.Quantization;

/// <summary>A quantized block: x = s_g·q − m_g for small integers q in groups g.</summary>
internal unsafe interface IScaledBlock : IBlock
{
    /// <summary>Elements that share a scale: 16 or 32.</summary>
    static abstract int Group { get; }

    /// <summary>Whether there are minima m, one per group; a block has a multiple of eight, or one.</summary>
    static abstract bool HasMinima { get; }

    /// <summary>Unpacks a block: s, and m if the format has minima. <paramref name="halves"/> is <see cref="F16.Singles"/>.</summary>
    /// <returns>The address of q, in element order: in <paramref name="scratch"/>, or in the block itself.</returns>
    static abstract sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima);
}
