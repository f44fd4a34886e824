namespace ReferenceModels.Quantization;

/// <summary>A block that is one floating-point number.</summary>
internal unsafe interface IFloatBlock : IBlock
{
    /// <summary>As many numbers as the width holds.</summary>
    static abstract V Load<V, TLanes>(byte* p) where TLanes : ILanes<V>;
}
