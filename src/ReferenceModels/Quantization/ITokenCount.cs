namespace ReferenceModels.Quantization;

/// <summary>How many tokens a kernel multiplies with at once, each by a sum in a register.</summary>
internal interface ITokenCount
{
    static abstract int Count { get; }
}

internal readonly struct FourTokens : ITokenCount
{
    public static int Count => 4;
}

internal readonly struct EightTokens : ITokenCount
{
    public static int Count => 8;
}
