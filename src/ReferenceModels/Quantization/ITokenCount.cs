namespace ReferenceModels.Quantization;

/// <summary>How many tokens a kernel multiplies at once, each with its sum in a register.</summary>
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
