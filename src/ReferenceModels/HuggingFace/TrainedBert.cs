using Engine.HuggingFace.Families;
using ReferenceModels.Ops;
using static ReferenceModels.HuggingFace.TrainedWeights;

namespace ReferenceModels.HuggingFace;

/// <summary>transformers' BERT: the paper as in <see cref="Models.Bert"/>, with all tokens in segment 0.</summary>
/// <param name="s">The sizes.</param>
/// <param name="w">The weights.</param>
/// <param name="asTrained">Whether GELU is computed with erf if the model was trained with that; otherwise in its tanh form, as in llama.cpp.</param>
internal sealed class TrainedBert(BertSettings s, TrainedWeights w, bool asTrained) : TrainedNetwork
{
    /// <inheritdoc/>
    public override float[] Rows(int[] tokens)
    {
        (string p, int d_k) = (s.Prefix, s.d / s.H);
        float[] x = Add(w.Rows(p + "embeddings.word_embeddings.weight", tokens, s.d), w.Rows(p + "embeddings.token_type_embeddings.weight", new int[tokens.Length], s.d));
        x = Add(x, w.Rows(p + "embeddings.position_embeddings.weight", [.. Enumerable.Range(0, tokens.Length)], s.d));
        x = w.LayerNorm(p + "embeddings.LayerNorm", x, s.Epsilon);                                 // (T, d)
        for (int i = 0; i < s.N; i++)
        {
            string L = $"{p}encoder.layer.{i}.", self = L + "attention.self.";
            float[] q = Affine(self + "query", x, s.d), k = Affine(self + "key", x, s.d), v = Affine(self + "value", x, s.d);
            float[] a = TrainedAttention.Forward(q, k, v, s.H, s.H, d_k, 1 / Math.Sqrt(d_k), causal: false);
            x = w.LayerNorm(L + "attention.output.LayerNorm", Add(Affine(L + "attention.output.dense", a, s.d), x), s.Epsilon);
            float[] up = Affine(L + "intermediate.dense", x, s.d), gelu = new float[up.Length];    // (T, f)
            if (s.ExactGelu && asTrained)
            {
                ErfGelu.Forward(up, gelu);
            }
            else
            {
                Gelu.Forward(up, gelu);
            }
            x = w.LayerNorm(L + "output.LayerNorm", Add(Affine(L + "output.dense", gelu, s.f), x), s.Epsilon);
        }
        return x;                                                                                  // (T, d)
    }

    /// <inheritdoc/>
    public override float[] Scores(float[] rows)
    {
        float[] pooled = Affine(s.Prefix + "pooler.dense", rows[..s.d], s.d);
        for (int i = 0; i < pooled.Length; i++)
        {
            pooled[i] = MathF.Tanh(pooled[i]);
        }
        return Affine("classifier", pooled, s.d);
    }

    private float[] Affine(string name, float[] x, int columns) => w.Linear(name, x, columns, bias: true);
}
