using Engine.Gguf;

namespace ReferenceModels.Training.Initialization;

/// <summary>A T5's metadata and tensors. See <see cref="InitialModel"/> for the distributions.</summary>
internal static class T5Shape
{
    public static void Add(GgufWriter writer, RandomTensors tensors, ModelShape s, int V)
    {
        int d = s.EmbeddingLength, f = s.FeedForwardLength, d_k = d / s.HeadCount, M = s.DecoderBlockCount ?? s.BlockCount;
        double fromD = 1 / Math.Sqrt(d);
        bool tied = s.TiedEmbeddings == true;
        InitialModel.Number(writer, s, "decoder_block_count", M);
        InitialModel.Number(writer, s, "attention.key_length", d_k);
        InitialModel.Number(writer, s, "attention.value_length", d_k);
        InitialModel.Number(writer, s, "attention.relative_buckets_count", s.RelativeBucketsCount);
        InitialModel.Epsilon(writer, s, "layer_norm_rms_epsilon", 1e-6f);
        InitialModel.Number(writer, s, "decoder_start_token_id", 0);
        tensors.Normal("token_embd", V, d, tied ? fromD : 1);
        Stack("enc", s.BlockCount, crosses: false);
        Stack("dec", M, crosses: true);
        if (!tied)
        {
            tensors.Normal("output", V, d, fromD);
        }

        void Stack(string part, int layers, bool crosses)
        {
            for (int i = 0; i < layers; i++)
            {
                string b = $"{part}.blk.{i}.";
                Attention(b + "attn");
                if (i == 0)
                {
                    tensors.Normal(b + "attn_rel_b", s.RelativeBucketsCount, s.HeadCount, fromD);
                }
                if (crosses)
                {
                    Attention(b + "cross_attn");
                }
                tensors.Norm(b + "ffn_norm", d, bias: false);
                if (s.GatedFeedForward)
                {
                    tensors.Normal(b + "ffn_gate", f, d, fromD);
                }
                tensors.Normal(b + "ffn_up", f, d, fromD);
                tensors.Normal(b + "ffn_down", d, f, 1 / Math.Sqrt(f));
            }
            tensors.Norm(part + ".output_norm", d, bias: false);
        }

        void Attention(string name)
        {
            tensors.Norm(name + "_norm", d, bias: false);
            tensors.Normal(name + "_q", d, d, fromD / Math.Sqrt(d_k));
            tensors.Normal(name + "_k", d, d, fromD);
            tensors.Normal(name + "_v", d, d, fromD);
            tensors.Normal(name + "_o", d, d, fromD);
        }
    }
}
