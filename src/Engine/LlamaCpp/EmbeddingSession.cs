using Engine.Generation;

namespace Engine.LlamaCpp;

/// <summary>Embeds on one context; another is made when the classifier's scores are asked for.</summary>
internal sealed class EmbeddingSession(LlamaModel model, Numerics numerics) : ISession
{
    private LlamaContext? _rows;
    private LlamaContext? _ranks;

    /// <inheritdoc/>
    public int Length => _rows?.Length ?? 0;

    /// <inheritdoc/>
    public void Clear() => _rows?.Clear();

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Embed(Evaluation evaluation, Pooling pooling, RowSink sink, CancellationToken cancellationToken)
    {
        if (pooling == Pooling.Rank)
        {
            _ranks ??= model.CreateRankContext(numerics);
            _ranks.Clear();
            _ranks.Evaluate(evaluation.Tokens, evaluation.Tokens.Length, cancellationToken);
            sink(0, _ranks.Scores());
        }
        else
        {
            _rows ??= model.CreateEmbeddingContext(numerics);
            new PooledRows(_rows, model.EmbeddingWidth, pooling, sink).Read(evaluation.Tokens, cancellationToken);
        }
        return [];
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A session for embeddings was asked for logits.");

    /// <inheritdoc/>
    public ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A session for embeddings was asked for logits.");

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Score(Evaluation evaluation, int first, int count, RowSink sink, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A session for embeddings was asked for logits.");

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows?.Dispose();
        _ranks?.Dispose();
    }
}
