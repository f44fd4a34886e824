using System.Numerics.Tensors;
using Engine.HuggingFace.Families;
using ReferenceModels.Ops;
using static ReferenceModels.HuggingFace.TrainedWeights;

namespace ReferenceModels.HuggingFace;

/// <summary>transformers' T5: the paper as in <see cref="Models.T5"/>; the rows before a head that is tied to the embedding are multiplied by 1/√d.</summary>
internal sealed class TrainedT5(T5Settings s, TrainedWeights w) : TrainedNetwork
{
    /// <inheritdoc/>
    public override float[] Rows(int[] tokens)
    {
        float[] x = w.Rows("shared.weight", tokens, s.d);                                          // (S, d)
        Func<int, int, int, double> bias = Bias("encoder", bidirectional: true);
        for (int i = 0; i < s.N; i++)
        {
            string L = $"encoder.block.{i}.";
            x = Attend(L + "layer.0.", "SelfAttention", x, null, causal: false, bias);
            x = FeedForward(L + "layer.1.", x);
        }
        return w.RmsNorm("encoder.final_layer_norm", x, s.Epsilon);                                // (S, d)
    }

    /// <inheritdoc/>
    public override float[] Logits(int[] tokens, int[] source)
    {
        float[] encoded = Rows(source);                                                            // (S, d)
        float[] x = w.Rows("shared.weight", tokens, s.d);                                          // (T, d)
        Func<int, int, int, double> bias = Bias("decoder", bidirectional: false);
        for (int i = 0; i < s.M; i++)
        {
            string L = $"decoder.block.{i}.";
            x = Attend(L + "layer.0.", "SelfAttention", x, null, causal: true, bias);
            x = Attend(L + "layer.1.", "EncDecAttention", x, encoded, causal: false, null);
            x = FeedForward(L + "layer.2.", x);
        }
        x = w.RmsNorm("decoder.final_layer_norm", x, s.Epsilon);
        if (s.IsTied)
        {
            TensorPrimitives.Multiply(x, (float)(1 / Math.Sqrt(s.d)), x);
        }
        return w.Product(s.IsTied ? "shared.weight" : "lm_head.weight", x, s.d);                   // (T, V)
    }

    private float[] Attend(string L, string name, float[] x, float[]? encoded, bool causal, Func<int, int, int, double>? bias)
    {
        float[] h = w.RmsNorm(L + "layer_norm", x, s.Epsilon), seen = encoded ?? h;
        float[] q = w.Product($"{L}{name}.q.weight", h, s.d), k = w.Product($"{L}{name}.k.weight", seen, s.d), v = w.Product($"{L}{name}.v.weight", seen, s.d);
        float[] a = TrainedAttention.Forward(q, k, v, s.H, s.H, s.d_k, scale: 1, causal, bias);
        return Add(x, w.Product($"{L}{name}.o.weight", a, s.H * s.d_k));
    }

    private float[] FeedForward(string L, float[] x)
    {
        float[] h = w.RmsNorm(L + "layer_norm", x, s.Epsilon);
        float[] up = w.Product(L + (s.IsGated ? "DenseReluDense.wi_1.weight" : "DenseReluDense.wi.weight"), h, s.d), y = new float[up.Length];
        if (s.IsGated)
        {
            float[] gate = w.Product(L + "DenseReluDense.wi_0.weight", h, s.d);
            Gelu.Forward(gate, y);
            TensorPrimitives.Multiply(y, up, y);
        }
        else
        {
            Relu.Forward(up, y);
        }
        return Add(x, w.Product(L + "DenseReluDense.wo.weight", y, s.f));
    }

    // (buckets, H) of layer 0, used in all layers.
    private Func<int, int, int, double> Bias(string part, bool bidirectional)
    {
        float[] B = w.Vector($"{part}.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        return (h, t, j) => B[(RelativePositionBias.NaiveBucket<double>(j - t, s.Buckets, bidirectional) * s.H) + h];
    }
}
