namespace Engine;

/// <summary>The check that a model must pass before it serves: <c>engine validate</c>'s comparison with a model known to be correct.</summary>
public sealed record GateOptions
{
    /// <summary>The model it is compared with: the name of another configured model, or <c>reference</c> for the managed reference on the same file.</summary>
    public string Oracle { get; init; } = "";

    /// <summary>The text that both are compared on; null for the text of <see cref="File"/>, or else a few sentences bundled with the engine.</summary>
    public string? Text { get; init; }

    /// <summary>Path of a UTF-8 file with the text.</summary>
    public string? File { get; init; }

    /// <summary>How exactly the judged model computes.</summary>
    /// <value>The default is <see cref="Numerics.Strict"/>, as with <c>engine validate</c>.</value>
    public Numerics Numerics { get; init; } = Numerics.Strict;

    /// <summary>The largest Σ(a − b)² / Σb² that passes, b the oracle's logits or embeddings; null for the tolerance of <c>engine validate</c>,
    /// which two files of different quantization seldom meet.</summary>
    public double? Nmse { get; init; }
}
