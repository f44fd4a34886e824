namespace ReferenceModels.Quantization;

/// <summary>A block that is one floating-point number.</summary>
internal unsafe interface IFloatBlock : IBlock
{
    /// <summary>Unpacks the next <see cref="BlockFormat.Run"/> numbers, assuming that they are finite; <paramref name="largest"/> records what <see cref="IsFinite"/> needs.</summary>
    /// <returns>Their address: in <paramref name="scratch"/>, or in the weight itself.</returns>
    static abstract float* Unpack<V, TLanes>(byte* blocks, float* scratch, ref V largest) where TLanes : ILanes<V>;

    /// <summary>Whether everything unpacked is correct: for a format that reads infinities as numbers, whether there were none.</summary>
    static abstract bool IsFinite<V, TLanes>(V largest) where TLanes : ILanes<V>;
}
