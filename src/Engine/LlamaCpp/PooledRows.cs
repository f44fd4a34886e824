using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>Pools rows after the final norm here instead of in llama.cpp, which pools only within one batch, so that a long input can go through a
/// causal model in several batches. A classifier's scores are pooled by llama.cpp.</summary>
/// <param name="context">A context for embeddings, for scores, or for the sources of an encoder–decoder.</param>
/// <param name="width">d.</param>
/// <param name="pooling">How rows are pooled.</param>
/// <param name="sink">Receives the rows.</param>
internal sealed class PooledRows(LlamaContext context, int width, Pooling pooling, EmbeddingSink sink)
{
    /// <summary>Evaluates inputs together, from an empty context, and hands out their rows.</summary>
    /// <param name="inputs">All of them.</param>
    /// <param name="group">The indices of the inputs to evaluate. An input that is longer than a batch must be alone.</param>
    /// <param name="cancellationToken">Looked at between the nodes of the graph.</param>
    public void Read(IReadOnlyList<PassInput> inputs, ReadOnlySpan<int> group, CancellationToken cancellationToken)
    {
        if (group.Length == 1)
        {
            Read(group[0], inputs[group[0]].Tokens, cancellationToken);
            return;
        }
        context.Clear();
        context.Begin();
        Span<int> first = stackalloc int[group.Length];
        for (int i = 0; i < group.Length; i++)
        {
            int[] tokens = inputs[group[i]].Tokens;
            first[i] = context.Add(i, tokens, tokens.Length);
        }
        context.Evaluate(cancellationToken);
        for (int i = 0; i < group.Length; i++)
        {
            int input = group[i], length = inputs[input].Tokens.Length;
            if (pooling == Pooling.Rank)
            {
                sink(input, 0, context.Scores(i));
                continue;
            }
            RowPooling rows = Pooled(input, length);
            for (int p = 0; p < length; p++)
            {
                rows.Add(context.Embedding(first[i] + p));
            }
        }
    }

    private void Read(int input, ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        RowPooling rows = Pooled(input, tokens.Length);
        if (context.Encodes)
        {
            context.Encode(tokens, cancellationToken);
            for (int i = 0; i < tokens.Length; i++)
            {
                rows.Add(context.SourceRow(i));
            }
            return;
        }
        context.Clear();
        for (int start = 0; start < tokens.Length; start += context.Batch)
        {
            int n = Math.Min(context.Batch, tokens.Length - start);
            context.Evaluate(tokens.Slice(start, n), n, cancellationToken);
            for (int i = 0; i < n && pooling != Pooling.Rank; i++)
            {
                rows.Add(context.Embedding(i));
            }
        }
        if (pooling == Pooling.Rank)
        {
            sink(input, 0, context.Scores());
        }
    }

    private RowPooling Pooled(int input, int length) => new(pooling, width, length, (position, row) => sink(input, position, row));
}
