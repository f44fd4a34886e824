using Engine.HuggingFace.Families;
using ReferenceModels.Ops;
using static ReferenceModels.HuggingFace.TrainedWeights;

namespace ReferenceModels.HuggingFace;

/// <summary>transformers' Gemma 2 and 3: papers as in <see cref="Models.Gemma2"/> and <see cref="Models.Gemma3"/>, but every norm multiplies by 1 + w.</summary>
internal sealed class TrainedGemma(GemmaSettings s, TrainedWeights w) : TrainedNetwork
{
    /// <inheritdoc/>
    public override float[] Logits(int[] tokens, int[] source)
    {
        string p = s.Prefix;
        float[] x = w.Rows(p + "embed_tokens.weight", tokens, s.d);                                // (T, d)
        Multiply(x, (float)Math.Sqrt(s.d));
        for (int i = 0; i < s.N; i++)
        {
            string L = $"{p}layers.{i}.", self = L + "self_attn.";
            float[] h = Norm(L + "input_layernorm", x);                                            // (T, d)
            float[] q = Product(self + "q_proj", h, s.d);                                          // (T, H·d_k)
            float[] k = Product(self + "k_proj", h, s.d);                                          // (T, G·d_k)
            float[] v = Product(self + "v_proj", h, s.d);                                          // (T, G·d_k)
            if (s.NormalizesHeads)
            {
                q = Norm(self + "q_norm", q);                                                      // head by head: the gain is (d_k)
                k = Norm(self + "k_norm", k);
            }
            RopeSettings rope = s.Local[i] ? s.LocalRope : s.Rope;
            HalfRope.Turn(q, s.H, s.d_k, rope);
            HalfRope.Turn(k, s.G, s.d_k, rope);
            float[] a = TrainedAttention.Forward(
                q, k, v, s.H, s.G, s.d_k, 1 / Math.Sqrt(s.QueryScalar), causal: true, window: s.Local[i] ? s.Window : 0, cap: s.ScoreCap);
            x = Add(x, Norm(L + "post_attention_layernorm", Product(self + "o_proj", a, s.H * s.d_k))); // (T, d)
            h = Norm(L + "pre_feedforward_layernorm", x);
            float[] gate = Product(L + "mlp.gate_proj", h, s.d), up = Product(L + "mlp.up_proj", h, s.d), gated = new float[gate.Length]; // (T, f)
            GeGlu.Forward(Engine.Arithmetic.Exact, gate, up, gated);
            x = Add(x, Norm(L + "post_feedforward_layernorm", Product(L + "mlp.down_proj", gated, s.f))); // (T, d)
        }
        string head = s.IsTied ? p + "embed_tokens" : p == "language_model.model." ? "language_model.lm_head" : "lm_head";
        float[] z = Product(head, Norm(p + "norm", x), s.d);                                       // (T, V)
        for (int i = 0; i < z.Length && s.LogitCap > 0; i++)
        {
            z[i] = (float)(s.LogitCap * Math.Tanh(z[i] / s.LogitCap));
        }
        return z;
    }

    private float[] Norm(string name, float[] x) => w.RmsNorm(name, x, s.Epsilon, shift: 1);

    private float[] Product(string name, float[] x, int columns) => w.Product($"{name}.weight", x, columns);
}
