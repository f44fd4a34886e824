namespace ReferenceModels.Quantization;

/// <summary>A block that is one floating-point number.</summary>
internal unsafe interface IFloatBlock : IBlock
{
    /// <summary>As many numbers as the width holds, if they are finite; <paramref name="largest"/> notes what <see cref="IsFinite"/> has to know.</summary>
    static abstract V Load<V, TLanes>(byte* p, ref V largest) where TLanes : ILanes<V>;

    /// <summary>Whether all that was loaded is what it should be: where infinities are read as numbers, that there was none.</summary>
    static abstract bool IsFinite<V, TLanes>(V largest) where TLanes : ILanes<V>;
}
