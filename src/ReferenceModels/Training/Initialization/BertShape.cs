using Engine.Gguf;

namespace ReferenceModels.Training.Initialization;

/// <summary>A BERT's metadata and tensors, without the pooler: heads are stored in a separate file. See <see cref="InitialModel"/> for the
/// distributions.</summary>
internal static class BertShape
{
    private const double Deviation = 0.02, Cut = 2;
    private const int Segments = 2;

    public static void Add(GgufWriter writer, RandomTensors tensors, ModelShape s, int V)
    {
        int d = s.EmbeddingLength;
        InitialModel.Epsilon(writer, s, "layer_norm_epsilon", 1e-12f);
        writer.SetMetadata("bert.attention.causal", false);
        writer.SetMetadata("bert.pooling_type", s.Pooling == "cls" ? 2u : 1u); // the same numbers as llama.cpp's pooling_type
        writer.SetMetadata(GgufKeys.TokenTypeCount, (uint)Segments);
        tensors.Normal("token_embd", V, d, Deviation, Cut);
        tensors.Normal("position_embd", s.ContextLength, d, Deviation, Cut);
        tensors.Normal("token_types", Segments, d, Deviation, Cut);
        tensors.Norm("token_embd_norm", d, bias: true);
        for (int i = 0; i < s.BlockCount; i++)
        {
            string b = $"blk.{i}.";
            Affine(b + "attn_q", d, d);
            Affine(b + "attn_k", d, d);
            Affine(b + "attn_v", d, d);
            Affine(b + "attn_output", d, d);
            tensors.Norm(b + "attn_output_norm", d, bias: true);
            Affine(b + "ffn_up", s.FeedForwardLength, d);
            Affine(b + "ffn_down", d, s.FeedForwardLength);
            tensors.Norm(b + "layer_output_norm", d, bias: true);
        }

        void Affine(string name, int rows, int columns)
        {
            tensors.Normal(name, rows, columns, Deviation, Cut);
            tensors.Bias(name, rows);
        }
    }
}
