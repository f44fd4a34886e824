using Engine.Gguf;

namespace ReferenceModels.Training.Initialization;

/// <summary>A LLaMA's metadata and tensors. See <see cref="InitialModel"/> for the distributions.</summary>
internal static class LlamaShape
{
    private const double Deviation = 0.02;

    public static void Add(GgufWriter writer, RandomTensors tensors, ModelShape s, int V)
    {
        int d = s.EmbeddingLength, kv = (s.HeadCountKv ?? s.HeadCount) * (d / s.HeadCount);
        double residual = Deviation / Math.Sqrt(2.0 * s.BlockCount);
        InitialModel.Number(writer, s, "attention.head_count_kv", s.HeadCountKv ?? s.HeadCount);
        InitialModel.Number(writer, s, "rope.dimension_count", d / s.HeadCount);
        writer.SetMetadata("llama.rope.freq_base", s.RopeFreqBase);
        InitialModel.Epsilon(writer, s, "layer_norm_rms_epsilon", 1e-5f);
        tensors.Normal("token_embd", V, d, Deviation);
        for (int i = 0; i < s.BlockCount; i++)
        {
            string b = $"blk.{i}.";
            tensors.Norm(b + "attn_norm", d, bias: false);
            tensors.Normal(b + "attn_q", d, d, Deviation);
            tensors.Normal(b + "attn_k", kv, d, Deviation);
            tensors.Normal(b + "attn_v", kv, d, Deviation);
            tensors.Normal(b + "attn_output", d, d, residual);
            tensors.Norm(b + "ffn_norm", d, bias: false);
            tensors.Normal(b + "ffn_gate", s.FeedForwardLength, d, Deviation);
            tensors.Normal(b + "ffn_up", s.FeedForwardLength, d, Deviation);
            tensors.Normal(b + "ffn_down", d, s.FeedForwardLength, residual);
        }
        tensors.Norm("output_norm", d, bias: false);
        if (s.TiedEmbeddings != true)
        {
            tensors.Normal("output", V, d, Deviation);
        }
    }
}
