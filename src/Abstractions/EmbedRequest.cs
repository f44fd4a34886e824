namespace Engine;

/// <summary>Asks for vectors.</summary>
public sealed record EmbedRequest
{
    /// <summary>The inputs, each embedded on its own.</summary>
    public required IReadOnlyList<Prompt> Inputs { get; init; }

    /// <summary>How the rows of an input's tokens are pooled.</summary>
    public Pooling Pooling { get; init; } = Pooling.Mean;

    /// <summary>Divides each row by its Euclidean length.</summary>
    public bool Normalize { get; init; }

    /// <summary>How exactly to compute.</summary>
    public Numerics Numerics { get; init; } = Numerics.Production;

    /// <summary>How the reference backend computes; other backends have only one arithmetic and ignore it.</summary>
    /// <remarks>With <see cref="Arithmetic.Exact"/> and <see cref="Numerics.Production"/> it computes as the model was loaded: <see cref="ModelOptions.Arithmetic"/>.</remarks>
    public Arithmetic Arithmetic { get; init; } = Arithmetic.Exact;

    /// <summary>As <see cref="GenerateRequest.Deadline"/>.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>As <see cref="ScoreRequest.Activations"/>; with a single input only.</summary>
    public IReadOnlyList<string> Activations { get; init; } = [];

    /// <summary>As <see cref="ScoreRequest.Replay"/>; with a single input only.</summary>
    public IReadOnlyList<Activation> Replay { get; init; } = [];
}

/// <summary>How the rows of an input's tokens become one row.</summary>
public enum Pooling
{
    /// <summary>Not pooled: one row per token.</summary>
    None,

    /// <summary>The mean of the rows.</summary>
    Mean,

    /// <summary>The first row ([CLS]).</summary>
    Cls,

    /// <summary>The last row.</summary>
    Last,

    /// <summary>The scores of the model's classifier head.</summary>
    Rank,
}

/// <summary>The answer to an <see cref="EmbedRequest"/>.</summary>
/// <param name="Rows">One row (d) per input in order, or with <see cref="Pooling.None"/> per token.</param>
/// <param name="TokenCounts">Number of tokens of each input.</param>
/// <param name="Pooling">The pooling used.</param>
/// <param name="Dimensions">d.</param>
public sealed record Embeddings(IReadOnlyList<float[]> Rows, IReadOnlyList<int> TokenCounts, Pooling Pooling, int Dimensions)
{
    /// <summary>The activations asked for.</summary>
    public IReadOnlyList<Activation> Activations { get; init; } = [];
}
