using Engine.HuggingFace.Families;
using ReferenceModels.Ops;
using static ReferenceModels.HuggingFace.TrainedWeights;

namespace ReferenceModels.HuggingFace;

/// <summary>transformers' GPT-2: the paper as in <see cref="Models.Gpt2"/>, with weights stored as (in, out).</summary>
internal sealed class TrainedGpt2(Gpt2Settings s, TrainedWeights w) : TrainedNetwork
{
    /// <inheritdoc/>
    public override float[] Logits(int[] tokens, int[] source)
    {
        string p = s.Prefix;
        int d_k = s.d / s.H;
        float[] x = Add(w.Rows(p + "wte.weight", tokens, s.d), w.Rows(p + "wpe.weight", [.. Enumerable.Range(0, tokens.Length)], s.d)); // (T, d)
        for (int i = 0; i < s.N; i++)
        {
            string L = $"{p}h.{i}.";
            float[] qkv = w.Conv1D(L + "attn.c_attn", w.LayerNorm(L + "ln_1", x, s.Epsilon), s.d); // (T, 3·d)
            float[] a = TrainedAttention.Forward(Columns(qkv, 3 * s.d, 0, s.d), Columns(qkv, 3 * s.d, s.d, s.d), Columns(qkv, 3 * s.d, 2 * s.d, s.d), s.H, s.H, d_k, 1 / Math.Sqrt(d_k), causal: true);
            x = Add(x, w.Conv1D(L + "attn.c_proj", a, s.d));                                       // (T, d)
            float[] up = w.Conv1D(L + "mlp.c_fc", w.LayerNorm(L + "ln_2", x, s.Epsilon), s.d);     // (T, f)
            var gelu = new float[up.Length];
            Gelu.Forward(up, gelu);
            x = Add(x, w.Conv1D(L + "mlp.c_proj", gelu, s.f));                                     // (T, d)
        }
        return w.Product(s.IsTied ? p + "wte.weight" : "lm_head.weight", w.LayerNorm(p + "ln_f", x, s.Epsilon), s.d); // (T, V)
    }
}
