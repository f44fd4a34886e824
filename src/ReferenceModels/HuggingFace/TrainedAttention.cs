using ReferenceModels.Ops;

namespace ReferenceModels.HuggingFace;

/// <summary>Attention of a few tokens, by the naive op in double.</summary>
internal static class TrainedAttention
{
    /// <summary>Every head of every query.</summary>
    /// <param name="Q">(T, H·d_k).</param>
    /// <param name="K">(n, G·d_k).</param>
    /// <param name="V">(n, G·d_k).</param>
    /// <param name="H">Query heads.</param>
    /// <param name="G">Key/value heads.</param>
    /// <param name="d_k">Width of a head.</param>
    /// <param name="scale">Of the scores.</param>
    /// <param name="causal">Whether query t sees keys 0 … t alone.</param>
    /// <param name="bias">What is added to the score of head, query and key; null for nothing.</param>
    /// <returns>(T, H·d_k).</returns>
    public static float[] Forward(float[] Q, float[] K, float[] V, int H, int G, int d_k, double scale, bool causal, Func<int, int, int, double>? bias = null)
    {
        int T = Q.Length / (H * d_k), n = K.Length / (G * d_k);
        var o = new float[Q.Length];
        Parallel.For(0, H, h =>
        {
            double[] keys = Head(K, n, G, h / (H / G), d_k), values = Head(V, n, G, h / (H / G), d_k), queries = Head(Q, T, H, h, d_k);
            var row = new double[d_k];
            for (int t = 0; t < T; t++)
            {
                int seen = causal ? t + 1 : n;
                double[] b = bias is null ? [] : [.. Enumerable.Range(0, seen).Select(j => bias(h, t, j))];
                Attention.Naive<double>(queries.AsSpan(t * d_k, d_k), keys.AsSpan(0, seen * d_k), values.AsSpan(0, seen * d_k), row, scale, b);
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
