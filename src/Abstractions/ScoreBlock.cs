namespace Engine;

/// <summary>Some consecutive rows of an answer to a <see cref="ScoreRequest"/>. One of the three forms is set.</summary>
public sealed record ScoreBlock
{
    /// <summary>Position of the first row.</summary>
    public required int FirstPosition { get; init; }

    /// <summary>Number of rows, R.</summary>
    public required int Rows { get; init; }

    /// <summary>Vocabulary size, V.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Logits, row-major (R, V); null in the other forms.</summary>
    public float[]? Logits { get; init; }

    /// <summary>log P(token at position p+1 | tokens up to p), one per row (R); null in the other forms.</summary>
    public float[]? TargetLogProbabilities { get; init; }

    /// <summary>Per row the k most probable tokens, most probable first; null in the other forms.</summary>
    public IReadOnlyList<IReadOnlyList<TokenLogProbability>>? TopK { get; init; }

    /// <summary>The activations asked for; empty but in the first block.</summary>
    public IReadOnlyList<Activation> Activations { get; init; } = [];

    /// <summary>One row of logits (V).</summary>
    public ReadOnlySpan<float> Row(int row) => Logits.AsSpan(checked(row * Vocabulary), Vocabulary);
}

/// <summary>A token and its natural-log probability.</summary>
/// <param name="Token">The token id.</param>
/// <param name="LogProbability">ln P(token).</param>
public readonly record struct TokenLogProbability(int Token, float LogProbability);

/// <summary>One intermediate tensor of a forward pass, under llama.cpp's name for it.</summary>
/// <param name="Name">Such as <c>attn_norm-0</c>. Names repeat: key by name, operation and occurrence.</param>
/// <param name="Operation">ggml's name of the operation that made it, such as <c>MUL_MAT</c>.</param>
/// <param name="Occurrence">0 for the first tensor of this name and operation in the pass, then 1, …</param>
/// <param name="Shape">ggml order, fastest first: (d, T), (head size, heads, T), …</param>
/// <param name="Values">The values, contiguous in that order.</param>
public sealed record Activation(string Name, string Operation, int Occurrence, IReadOnlyList<long> Shape, float[] Values)
{
    /// <summary><c>encoder</c> or <c>decoder</c>, which use the same names; null in a model that is not of two parts.</summary>
    public string? Part { get; init; }
}
