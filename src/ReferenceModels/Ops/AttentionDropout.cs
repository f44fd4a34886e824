using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>Attention with dropout of single attention weights in training, as in GPT, BERT and T5: o = dropout(softmax(scale·q·Kᵀ + b))·V.
/// Outside training it is <see cref="Attention"/>.</summary>
internal static class AttentionDropout
{
    /// <summary>As <see cref="Attention.Forward(Pass, Tensor, Tensor, Tensor, AttentionRule)"/>, to which this is equal if nothing is dropped.</summary>
    public static Tensor Forward(Pass pass, Tensor Q, Tensor K, Tensor V, AttentionRule rule)
    {
        if (pass is not { Tape: { } tape, Dropout: { Rate: > 0 } dropout })
        {
            return Attention.Forward(pass, Q, K, V, rule);
        }
        var drop = new Drop(dropout.Rate, dropout.NextSeed());
        Tensor o = pass.New(Q.Rows, Q.Columns);
        pass.Workers.For(rule.H, h =>
        {
            for (int t = 0; t < Q.Rows; t++)
            {
                Row(Q, K, V, o, rule, drop, t, h);
            }
        });
        Push(tape, pass.Workers, Q, K, V, o, rule, drop);
        return o;
    }

    private static void Row(Tensor Q, Tensor K, Tensor V, Tensor o, AttentionRule rule, Drop drop, int t, int h)
    {
        (int d_k, int g) = Sizes(Q, rule, h);
        float[] p = Probabilities(Q, K, rule, t, h);
        Span<float> o_t = o.Row(t).Slice(h * d_k, d_k);
        o_t.Clear();
        for (int j = 0; j < p.Length; j++)
        {
            TensorPrimitives.MultiplyAdd(V.Row(j).Slice(g, d_k), p[j] * drop.Factor(Q, K, t, h, j), o_t, o_t);
        }
    }

    // With p' = dropout(p): δV = p'ᵀδo, δp = dropout(δo·Vᵀ); the rest is the same as without dropout.
    private static void Gradient(Tensor Q, Tensor K, Tensor V, Tensor o, AttentionRule rule, Drop drop, int t, int h)
    {
        (int d_k, int g) = Sizes(Q, rule, h);
        float[] p = Probabilities(Q, K, rule, t, h), δp = new float[p.Length], δs = new float[p.Length];
        ReadOnlySpan<float> q = Q.Row(t).Slice(h * d_k, d_k), δo = o.Slice(t, 1).Gradient.Slice(h * d_k, d_k);
        Span<float> δq = Q.Slice(t, 1).Gradient.Slice(h * d_k, d_k);
        for (int j = 0; j < p.Length; j++)
        {
            float factor = drop.Factor(Q, K, t, h, j);
            Span<float> δv = V.Slice(j, 1).Gradient.Slice(g, d_k);
            TensorPrimitives.MultiplyAdd(δo, p[j] * factor, δv, δv);
            δp[j] = factor * TensorPrimitives.Dot(δo, V.Row(j).Slice(g, d_k));
        }
        Softmax.Gradient(p, δp, δs);
        rule.AddBiasGradient(δs, h, t, Q.Rows);
        for (int j = 0; j < p.Length; j++)
        {
            Span<float> δk = K.Slice(j, 1).Gradient.Slice(g, d_k);
            TensorPrimitives.MultiplyAdd(K.Row(j).Slice(g, d_k), δs[j] * rule.Scale, δq, δq);
            TensorPrimitives.MultiplyAdd(q, δs[j] * rule.Scale, δk, δk);
        }
    }

    private static float[] Probabilities(Tensor Q, Tensor K, AttentionRule rule, int t, int h)
    {
        (int d_k, int g) = Sizes(Q, rule, h);
        var p = new float[rule.Seen(t, K.Rows)];
        for (int j = 0; j < p.Length; j++)
        {
            p[j] = TensorPrimitives.Dot<float>(Q.Row(t).Slice(h * d_k, d_k), K.Row(j).Slice(g, d_k)) * rule.Scale;
        }
        rule.AddBias(p, h, t, Q.Rows);
        rule.Hide(p, t);
        Softmax.Forward(p);
        return p;
    }

    private static (int d_k, int g) Sizes(Tensor Q, AttentionRule rule, int h) => (Q.Columns / rule.H, h / (rule.H / rule.G) * (Q.Columns / rule.H));

    private static void Push(Tape tape, Workers workers, Tensor Q, Tensor K, Tensor V, Tensor o, AttentionRule rule, Drop drop) => tape.Record(() =>
        // One thread handles a whole key/value head, so that its sums have a fixed order.
        workers.For(rule.G, g =>
        {
            for (int t = 0; t < Q.Rows; t++)
            {
                for (int h = g * (rule.H / rule.G); h < (g + 1) * (rule.H / rule.G); h++)
                {
                    Gradient(Q, K, V, o, rule, drop, t, h);
                }
            }
        }));

    private readonly record struct Drop(float Rate, ulong Seed)
    {
        /// <summary>What weight j of query t and head h is multiplied by.</summary>
        public float Factor(Tensor Q, Tensor K, int t, int h, int j) =>
            Dropout.Coin(Seed, ((long)h * Q.Rows + t) * K.Rows + j) < Rate ? 0 : 1 / (1 - Rate);
    }
}
