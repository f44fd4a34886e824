using Engine.Gguf;

namespace ReferenceModels.Training.Initialization;

/// <summary>A GPT-2's metadata and tensors. See <see cref="InitialModel"/> for the distributions.</summary>
internal static class Gpt2Shape
{
    private const double Deviation = 0.02;

    public static void Add(GgufWriter writer, RandomTensors tensors, ModelShape s, int V)
    {
        int d = s.EmbeddingLength;
        double residual = Deviation / Math.Sqrt(2.0 * s.BlockCount);
        InitialModel.Epsilon(writer, s, "layer_norm_epsilon", 1e-5f);
        tensors.Normal("token_embd", V, d, Deviation);
        tensors.Normal("position_embd", s.ContextLength, d, Deviation);
        for (int i = 0; i < s.BlockCount; i++)
        {
            string b = $"blk.{i}.";
            tensors.Norm(b + "attn_norm", d, bias: true);
            Affine(b + "attn_qkv", 3 * d, d, Deviation);
            Affine(b + "attn_output", d, d, residual);
            tensors.Norm(b + "ffn_norm", d, bias: true);
            Affine(b + "ffn_up", s.FeedForwardLength, d, Deviation);
            Affine(b + "ffn_down", d, s.FeedForwardLength, residual);
        }
        tensors.Norm("output_norm", d, bias: true);
        if (s.TiedEmbeddings == false)
        {
            tensors.Normal("output", V, d, Deviation);
        }

        void Affine(string name, int rows, int columns, double deviation)
        {
            tensors.Normal(name, rows, columns, deviation);
            tensors.Bias(name, rows);
        }
    }
}
