using ReferenceModels.Ops;

namespace ReferenceModels.Training.Objectives;

/// <summary>Rows of logits that a model computed, and the gradient of the loss with respect to them.</summary>
public sealed class Scores
{
    private readonly Pass _pass;
    private readonly Tensor _logits;

    internal Scores(Pass pass, Tensor logits) => (_pass, _logits) = (pass, logits);

    /// <summary>Number of rows.</summary>
    public int Rows => _logits.Rows;

    /// <summary>Logits per row: tokens of the vocabulary, or classes.</summary>
    public int Columns => _logits.Columns;

    /// <summary>Whether gradients are needed, as they are in training but not in validation.</summary>
    public bool Learns => _pass.Tape is not null;

    /// <summary>The logits of a row, (Columns).</summary>
    public ReadOnlySpan<float> Row(int row) => _logits.Row(row);

    /// <summary>∂loss/∂logits of a row, (Columns), to be added to.</summary>
    /// <exception cref="InvalidOperationException">No gradients are needed (<see cref="Learns"/>).</exception>
    public Span<float> Gradient(int row) => _logits.Slice(row, 1).Gradient;

    /// <summary>Cross-entropy with one target for each row: Σ_t w[target_t]·(log Σ_j e^(z_tj) − z_t,target_t); adds scale times its gradient.</summary>
    /// <param name="targets">(Rows), <see cref="Data.Example.Ignored"/> for a row that does not count.</param>
    /// <param name="scale">Factor of the gradient.</param>
    /// <param name="weights">(Columns), the weight of each target; empty for 1 throughout.</param>
    public double CrossEntropy(ReadOnlyMemory<int> targets, float scale, ReadOnlyMemory<float> weights = default) =>
        Ops.CrossEntropy.Forward(_pass, _logits, targets, weights, scale);
}
