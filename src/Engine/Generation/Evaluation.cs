namespace Engine.Generation;

/// <summary>What a session evaluates in one go, from an empty cache.</summary>
/// <param name="Tokens">T ids: of the target, for an encoder–decoder that scores; of the source, where it embeds.</param>
internal sealed record Evaluation(int[] Tokens)
{
    /// <summary>The source of an encoder–decoder that scores; null elsewhere.</summary>
    public int[]? Source { get; init; }

    /// <summary>(T) segments; empty for 0 throughout.</summary>
    public int[] Segments { get; init; } = [];

    /// <summary>Names of the activations to hand out.</summary>
    public IReadOnlyList<string> Activations { get; init; } = [];

    /// <summary>Activations to go on with in the place of the session's own.</summary>
    public IReadOnlyList<Activation> Replay { get; init; } = [];

    /// <summary>Whether somebody looks inside.</summary>
    public bool Taps => Activations.Count > 0 || Replay.Count > 0;
}
