using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>Generates and scores on one context.</summary>
/// <param name="context">Owned from now on.</param>
/// <param name="outputRows">Rows of logits at once.</param>
/// <param name="step">Tokens evaluated at once; null for as many as the context takes, which may be more than a cancellation should wait for.</param>
internal sealed class DecoderPass(LlamaContext context, int outputRows, int? step = null) : IPass
{
    private readonly int _step = step ?? context.Batch;

    /// <summary>Tokens evaluated since it began.</summary>
    public int Length => context.Length;

    /// <inheritdoc/>
    public void Begin(ReadOnlySpan<int> source, CancellationToken cancellationToken)
    {
        if (source.IsEmpty)
        {
            context.Clear();
        }
        else
        {
            context.Encode(source, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Continue(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        for (; tokens.Length > _step; tokens = tokens[_step..])
        {
            context.Evaluate(tokens[.._step], 0, cancellationToken);
        }
        context.Evaluate(tokens, 1, cancellationToken);
        return context.Logits(-1);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Score(PassInput input, int first, int count, RowSink sink, CancellationToken cancellationToken)
    {
        ReadOnlySpan<int> tokens = input.Tokens;
        Begin(input.Source, cancellationToken);
        for (int p = 0; p < first;)
        {
            int n = Math.Min(_step, first - p);
            context.Evaluate(tokens.Slice(p, n), 0, cancellationToken);
            p += n;
        }
        // Tokens after the last requested position do not affect its logits.
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
    public void Dispose() => context.Dispose();
}
