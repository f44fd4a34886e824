namespace Engine.Parity;

/// <summary>How two models are compared.</summary>
public sealed record ParityOptions
{
    /// <summary>How exactly the native side computes.</summary>
    public Numerics Numerics { get; init; } = Numerics.Strict;

    /// <summary>How the reference computes.</summary>
    public Arithmetic Arithmetic { get; init; } = Arithmetic.Exact;

    /// <summary>The target of an encoder–decoder: ids with the decoder's start token in front, or a text. Null uses the reference's own
    /// greedy answer to the source.</summary>
    public Prompt? Target { get; init; }

    /// <summary>The tolerance; null for <see cref="Tolerance.For"/> the two models' file types.</summary>
    public Tolerance? Tolerance { get; init; }

    /// <summary>Receives the fraction of the positions compared, from 0 to 1.</summary>
    public IProgress<float>? Progress { get; init; }
}
