namespace Engine.Parity;

/// <summary>How two models are compared.</summary>
public sealed record ParityOptions
{
    /// <summary>How exactly the native side computes.</summary>
    public Numerics Setting { get; init; } = Numerics.Strict;

    /// <summary>What passes; null chooses <see cref="Tolerance.For"/> the two models' file types.</summary>
    public Tolerance? Tolerance { get; init; }

    /// <summary>Receives the part of the positions compared, 0 to 1.</summary>
    public IProgress<float>? Progress { get; init; }
}
