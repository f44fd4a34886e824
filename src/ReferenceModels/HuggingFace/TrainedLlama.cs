using Engine.HuggingFace.Families;
using ReferenceModels.Ops;
using static ReferenceModels.HuggingFace.TrainedWeights;

namespace ReferenceModels.HuggingFace;

/// <summary>transformers' LLaMA, Mistral, Mixtral and Qwen: papers as in <see cref="Models.Llama"/>, <see cref="Models.Mixtral"/> and <see cref="Models.Qwen3"/>, but
/// an element of a head is rotated with the one half a head away.</summary>
internal sealed class TrainedLlama(LlamaSettings s, TrainedWeights w) : TrainedNetwork
{
    /// <inheritdoc/>
    public override float[] Logits(int[] tokens, int[] source)
    {
        float[] x = w.Rows("model.embed_tokens.weight", tokens, s.d);                              // (T, d)
        for (int i = 0; i < s.N; i++)
        {
            string L = $"model.layers.{i}.";
            float[] h = w.RmsNorm(L + "input_layernorm", x, s.Epsilon);                            // (T, d)
            float[] q = w.Linear(L + "self_attn.q_proj", h, s.d, s.AttentionBias);                 // (T, H·d_k)
            float[] k = w.Linear(L + "self_attn.k_proj", h, s.d, s.AttentionBias);                 // (T, G·d_k)
            float[] v = w.Linear(L + "self_attn.v_proj", h, s.d, s.AttentionBias);                 // (T, G·d_k)
            if (s.NormalizesHeads)
            {
                q = w.RmsNorm(L + "self_attn.q_norm", q, s.Epsilon);                               // head by head: the gain is (d_k)
                k = w.RmsNorm(L + "self_attn.k_norm", k, s.Epsilon);
            }
            HalfRope.Turn(q, s.H, s.d_k, s.Rope);
            HalfRope.Turn(k, s.G, s.d_k, s.Rope);
            float[] a = TrainedAttention.Forward(q, k, v, s.H, s.G, s.d_k, 1 / Math.Sqrt(s.d_k), causal: true);
            x = Add(x, w.Linear(L + "self_attn.o_proj", a, s.H * s.d_k, s.OutputBias));            // (T, d)
            h = w.RmsNorm(L + "post_attention_layernorm", x, s.Epsilon);
            if (s.Experts is { } experts)
            {
                x = Add(x, TrainedExperts.Forward(w, experts, $"{L}{experts.Block}.", h, s.d));        // (T, d)
                continue;
            }
            float[] gate = w.Linear(L + "mlp.gate_proj", h, s.d, s.FeedForwardBias), up = w.Linear(L + "mlp.up_proj", h, s.d, s.FeedForwardBias); // (T, f)
            var gated = new float[gate.Length];
            SwiGlu.Forward(gate, up, gated);
            x = Add(x, w.Linear(L + "mlp.down_proj", gated, s.f, s.FeedForwardBias));              // (T, d)
        }
        return w.Product(s.IsTied ? "model.embed_tokens.weight" : "lm_head.weight", w.RmsNorm("model.norm", x, s.Epsilon), s.d); // (T, V)
    }
}
