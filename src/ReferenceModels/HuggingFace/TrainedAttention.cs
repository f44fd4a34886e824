using System.Numerics.Tensors;
using ReferenceModels.Ops;

namespace ReferenceModels.HuggingFace;

/// <summary>Attention of a few tokens, in double.</summary>
internal static class TrainedAttention
{
    /// <summary>Every head of every query.</summary>
    /// <param name="Q">(T, H·d_k).</param>
    /// <param name="K">(n, G·d_k).</param>
    /// <param name="V">(n, G·d_k).</param>
    /// <param name="H">Query heads.</param>
    /// <param name="G">Key/value heads.</param>
    /// <param name="d_k">Width of a head.</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="causal">Whether query t sees only keys 0 … t.</param>
    /// <param name="bias">What is added to the score of head, query and key; null for nothing.</param>
    /// <param name="window">How many positions, up to and including its own, a query sees; 0 for all.</param>
    /// <param name="cap">c of the scores' soft cap c·tanh(s/c); 0 for none.</param>
    /// <returns>(T, H·d_k).</returns>
    public static float[] Forward(
        float[] Q, float[] K, float[] V, int H, int G, int d_k, double scale, bool causal, Func<int, int, int, double>? bias = null, int window = 0, double cap = 0)
    {
        int T = Q.Length / (H * d_k), n = K.Length / (G * d_k);
        var o = new float[Q.Length];
        Parallel.For(0, H, h =>
        {
            double[] keys = Head(K, n, G, h / (H / G), d_k), values = Head(V, n, G, h / (H / G), d_k), queries = Head(Q, T, H, h, d_k);
            var row = new double[d_k];
            for (int t = 0; t < T; t++)
            {
                int seen = causal ? t + 1 : n, first = window > 0 ? Math.Max(0, seen - window) : 0;
                var p = new double[seen - first];
                for (int j = first; j < seen; j++)
                {
                    double score = scale * TensorPrimitives.Dot<double>(queries.AsSpan(t * d_k, d_k), keys.AsSpan(j * d_k, d_k));
                    p[j - first] = (cap > 0 ? cap * Math.Tanh(score / cap) : score) + (bias?.Invoke(h, t, j) ?? 0);
                }
                Softmax.Naive<double>(p);
                Array.Clear(row);
                for (int j = first; j < seen; j++)
                {
                    TensorPrimitives.MultiplyAdd(values.AsSpan(j * d_k, d_k), p[j - first], row, row);
                }
                for (int i = 0; i < d_k; i++)
                {
                    o[(((t * H) + h) * d_k) + i] = (float)row[i];
                }
            }
        });
        return o;
    }

    private static double[] Head(float[] x, int rows, int heads, int head, int d_k)
    {
        var taken = new double[rows * d_k];
        for (int t = 0; t < rows; t++)
        {
            for (int i = 0; i < d_k; i++)
            {
                taken[(t * d_k) + i] = x[(((t * heads) + head) * d_k) + i];
            }
        }
        return taken;
    }
}
