using Engine.HuggingFace.Families;
using ReferenceModels.Ops;
using static ReferenceModels.HuggingFace.TrainedWeights;

namespace ReferenceModels.HuggingFace;

/// <summary>transformers' Phi-3: the paper as in <see cref="Models.Phi3"/>.</summary>
/// <param name="s">The sizes.</param>
/// <param name="w">The weights.</param>
/// <param name="asTrained">Whether the number of tokens decides on longrope's factors; otherwise the context that llama.cpp allocates for this many does.</param>
internal sealed class TrainedPhi3(Phi3Settings s, TrainedWeights w, bool asTrained) : TrainedNetwork
{
    // llama.cpp allocates contexts in steps of this many tokens.
    private const int RoomStep = 256;

    /// <inheritdoc/>
    public override float[] Logits(int[] tokens, int[] source)
    {
        int positions = asTrained ? tokens.Length : (tokens.Length + RoomStep - 1) / RoomStep * RoomStep, q = s.H * s.d_k, kv = s.G * s.d_k;
        float[] x = w.Rows("model.embed_tokens.weight", tokens, s.d);                              // (T, d)
        for (int i = 0; i < s.N; i++)
        {
            string L = $"model.layers.{i}.";
            float[] qkv = w.Product(L + "self_attn.qkv_proj.weight", w.RmsNorm(L + "input_layernorm", x, s.Epsilon), s.d); // (T, H·d_k + 2·G·d_k)
            float[] Q = Columns(qkv, q + (2 * kv), 0, q), K = Columns(qkv, q + (2 * kv), q, kv), V = Columns(qkv, q + (2 * kv), q + kv, kv);
            HalfRope.Turn(Q, s.H, s.d_k, s.Rope, s.Rotated, positions);
            HalfRope.Turn(K, s.G, s.d_k, s.Rope, s.Rotated, positions);
            float[] a = TrainedAttention.Forward(Q, K, V, s.H, s.G, s.d_k, 1 / Math.Sqrt(s.d_k), causal: true); // no window: the file's context ends where one would begin to matter
            x = Add(x, w.Product(L + "self_attn.o_proj.weight", a, s.d));                          // (T, d)
            float[] up = w.Product(L + "mlp.gate_up_proj.weight", w.RmsNorm(L + "post_attention_layernorm", x, s.Epsilon), s.d); // (T, 2·f)
            float[] gated = new float[up.Length / 2];
            SwiGlu.Forward(Columns(up, 2 * s.f, 0, s.f), Columns(up, 2 * s.f, s.f, s.f), gated);
            x = Add(x, w.Product(L + "mlp.down_proj.weight", gated, s.f));                         // (T, d)
        }
        return w.Product(s.IsTied ? "model.embed_tokens.weight" : "lm_head.weight", w.RmsNorm("model.norm", x, s.Epsilon), s.d); // (T, V)
    }
}
