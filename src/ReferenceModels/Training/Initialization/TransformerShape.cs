using Engine.Gguf;

namespace ReferenceModels.Training.Initialization;

/// <summary>A Transformer's metadata and tensors. See <see cref="InitialModel"/> for the distributions.</summary>
internal static class TransformerShape
{
    public static void Add(GgufWriter writer, RandomTensors tensors, ModelShape s, int V)
    {
        int d = s.EmbeddingLength, M = s.DecoderBlockCount ?? s.BlockCount;
        InitialModel.Number(writer, s, "decoder_block_count", M);
        InitialModel.Epsilon(writer, s, "layer_norm_epsilon", 1e-5f);
        InitialModel.Number(writer, s, "decoder_start_token_id", 0);
        tensors.Normal("token_embd", V, d, 1 / Math.Sqrt(d));
        Stack("enc", s.BlockCount, "attn");
        Stack("dec", M, "attn", "cross_attn");
        if (s.TiedEmbeddings == false)
        {
            tensors.Glorot("output", V, d);
        }

        void Stack(string part, int layers, params string[] attentions)
        {
            for (int i = 0; i < layers; i++)
            {
                string b = $"{part}.blk.{i}.";
                foreach (string attention in attentions)
                {
                    foreach (string which in (string[])["q", "k", "v", "o"])
                    {
                        Affine($"{b}{attention}_{which}", d, d);
                    }
                    tensors.Norm($"{b}{attention}_output_norm", d, bias: true);
                }
                Affine(b + "ffn_up", s.FeedForwardLength, d);
                Affine(b + "ffn_down", d, s.FeedForwardLength);
                tensors.Norm(b + "layer_output_norm", d, bias: true);
            }
        }

        void Affine(string name, int rows, int columns)
        {
            tensors.Glorot(name, rows, columns);
            tensors.Bias(name, rows);
        }
    }
}
