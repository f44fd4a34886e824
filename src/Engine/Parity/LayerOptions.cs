namespace Engine.Parity;

/// <summary>How two models are compared op by op.</summary>
public sealed record LayerOptions
{
    /// <summary>How exactly the native side computes.</summary>
    public Numerics Numerics { get; init; } = Numerics.Strict;

    /// <summary>How the reference computes, which decides how close each op must be.</summary>
    public Arithmetic Arithmetic { get; init; } = Arithmetic.Exact;

    /// <summary>The target of an encoder–decoder, as <see cref="ParityOptions.Target"/>.</summary>
    public Prompt? Target { get; init; }

    /// <summary>How much memory the activations of both sides may use together; a longer input is compared up to the token that fits.</summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>Receives the part of the work that is done, 0 to 1.</summary>
    public IProgress<float>? Progress { get; init; }
}
