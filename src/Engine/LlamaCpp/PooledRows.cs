using Engine.Generation;

namespace Engine.LlamaCpp;

/// <summary>Rows behind the final norm, pooled here: llama.cpp pools one batch, and this way a long input goes through a
/// causal model in several.</summary>
/// <param name="context">Made for embeddings, or for the sources of an encoder–decoder.</param>
/// <param name="width">d.</param>
/// <param name="pooling">Not <see cref="Pooling.Rank"/>.</param>
/// <param name="sink">Receives the rows.</param>
internal sealed class PooledRows(LlamaContext context, int width, Pooling pooling, RowSink sink)
{
    private readonly double[] _sum = new double[width];

    /// <summary>Evaluates tokens from an empty context and hands out their rows.</summary>
    public void Read(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        if (context.Encodes)
        {
            context.Encode(tokens, cancellationToken);
            for (int i = 0; i < tokens.Length; i++)
            {
                Take(i, context.SourceRow(i), tokens.Length);
            }
        }
        else
        {
            ReadBatches(tokens, cancellationToken);
        }
        if (pooling == Pooling.Mean)
        {
            int length = tokens.Length;
            sink(0, Array.ConvertAll(_sum, total => (float)(total / length)));
        }
    }

    private void ReadBatches(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        context.Clear();
        for (int start = 0; start < tokens.Length; start += context.Batch)
        {
            int n = Math.Min(context.Batch, tokens.Length - start);
            context.Evaluate(tokens.Slice(start, n), n, cancellationToken);
            for (int i = 0; i < n; i++)
            {
                Take(start + i, context.Embedding(i), tokens.Length);
            }
        }
    }

    private void Take(int position, ReadOnlySpan<float> row, int length)
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
                for (int i = 0; i < _sum.Length; i++)
                {
                    _sum[i] += row[i];
                }
                break;
        }
    }
}
