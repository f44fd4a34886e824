using Engine.Generation;

namespace Engine.LlamaCpp;

/// <summary>Embeds on one context; another is made when the classifier's scores are asked for.</summary>
/// <remarks>Rows are pooled here: llama.cpp pools one batch, and this way a long input goes through a causal model in several.</remarks>
internal sealed class EmbeddingSession(LlamaCppModel model, Numerics numerics) : ISession
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
        ReadOnlySpan<int> tokens = evaluation.Tokens;
        if (pooling == Pooling.Rank)
        {
            _ranks ??= model.CreateRankContext(numerics);
            _ranks.Clear();
            _ranks.Evaluate(tokens, tokens.Length, cancellationToken);
            sink(0, _ranks.Scores());
            return [];
        }
        var context = _rows ??= model.CreateEmbeddingContext(numerics);
        context.Clear();
        double[] sum = new double[model.EmbeddingWidth];
        for (int start = 0; start < tokens.Length; start += context.Batch)
        {
            int n = Math.Min(context.Batch, tokens.Length - start);
            context.Evaluate(tokens.Slice(start, n), n, cancellationToken);
            for (int i = 0; i < n; i++)
            {
                Take(start + i, context.Embedding(i), tokens.Length, pooling, sum, sink);
            }
        }
        if (pooling == Pooling.Mean)
        {
            int length = tokens.Length;
            sink(0, Array.ConvertAll(sum, total => (float)(total / length)));
        }
        return [];
    }

    private static void Take(int position, ReadOnlySpan<float> row, int length, Pooling pooling, double[] sum, RowSink sink)
    {
        switch (pooling)
        {
            case Pooling.None:
                sink(position, row);
                break;
            case Pooling.Cls when position == 0:
            case Pooling.Last when position == length - 1:
                sink(0, row);
                break;
            case Pooling.Mean:
                for (int i = 0; i < sum.Length; i++)
                {
                    sum[i] += row[i];
                }
                break;
        }
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
