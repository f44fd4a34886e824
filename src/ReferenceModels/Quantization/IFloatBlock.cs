namespace ReferenceModels.Quantization;

/// <summary>A block that is one floating-point number.</summary>
internal unsafe interface IFloatBlock : IBlock
{
    /// <summary>The next <see cref="BlockFormat.Run"/> numbers, if they are finite; <paramref name="largest"/> notes what <see cref="IsFinite"/> has to know.</summary>
    /// <returns>Where they are: in <paramref name="scratch"/>, or in the weight itself.</returns>
    static abstract float* Unpack<V, TLanes>(byte* blocks, float* scratch, ref V largest) where TLanes : ILanes<V>;

    /// <summary>Whether all that was unpacked is what it should be: where infinities are read as numbers, that there was none.</summary>
    static abstract bool IsFinite<V, TLanes>(V largest) where TLanes : ILanes<V>;
}
