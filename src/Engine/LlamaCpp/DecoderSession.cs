using Engine.Generation;

namespace Engine.LlamaCpp;

/// <summary>Generates and scores on one context.</summary>
internal sealed class DecoderSession(LlamaContext context, int outputRows) : ISession
{
    /// <inheritdoc/>
    public int Length => context.Length;

    /// <inheritdoc/>
    public void Clear() => context.Clear();

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A session of a decoder was given a source.");

    /// <inheritdoc/>
    public ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        for (; tokens.Length > context.Batch; tokens = tokens[context.Batch..])
        {
            context.Evaluate(tokens[..context.Batch], 0, cancellationToken);
        }
        context.Evaluate(tokens, 1, cancellationToken);
        return context.Logits(-1);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Score(Evaluation evaluation, int first, int count, RowSink sink, CancellationToken cancellationToken)
    {
        ReadOnlySpan<int> tokens = evaluation.Tokens;
        context.Clear();
        for (int p = 0; p < first;)
        {
            int n = Math.Min(context.Batch, first - p);
            context.Evaluate(tokens.Slice(p, n), 0, cancellationToken);
            p += n;
        }
        // What stands behind the last position asked for has no part in its logits.
        for (int p = first; p < first + count;)
        {
            int n = Math.Min(outputRows, first + count - p);
            context.Evaluate(tokens.Slice(p, n), n, cancellationToken);
            for (int i = 0; i < n; i++)
            {
                sink(p + i, context.Logits(i));
            }
            p += n;
        }
        return [];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Embed(Evaluation evaluation, Pooling pooling, RowSink sink, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A session for logits was asked for embeddings.");

    /// <inheritdoc/>
    public void Dispose() => context.Dispose();
}
