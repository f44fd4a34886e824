using Engine.Gguf;

namespace ReferenceModels.Training.Initialization;

/// <summary>Metadata and tensors of a LLaMA or a descendant. See <see cref="InitialModel"/> for the distributions.</summary>
internal sealed record RotaryShape
{
    private const double Deviation = 0.02;

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool Biases { get; init; }

    /// <summary>Whether the heads of queries and keys are normalized.</summary>
    public bool NormsHeads { get; init; }

    /// <summary>Whether blocks are also normalized afterwards, and layers see windows.</summary>
    public bool IsGemma { get; init; }

    /// <summary>Whether queries, keys and values are one fused weight, and gate and up another.</summary>
    public bool IsFused { get; init; }

    /// <summary>Writes metadata and tensors.</summary>
    public void Add(GgufWriter writer, RandomTensors tensors, ModelShape s, int V)
    {
        int d = s.EmbeddingLength, d_k = s.KeyLength ?? d / s.HeadCount;
        InitialModel.Number(writer, s, "attention.head_count_kv", s.HeadCountKv ?? s.HeadCount);
        InitialModel.Number(writer, s, "rope.dimension_count", d_k);
        if (s.KeyLength is not null)
        {
            InitialModel.Number(writer, s, "attention.key_length", d_k);
            InitialModel.Number(writer, s, "attention.value_length", d_k);
        }
        writer.SetMetadata($"{s.Architecture}.rope.freq_base", s.RopeFreqBase);
        InitialModel.Epsilon(writer, s, "layer_norm_rms_epsilon", 1e-5f);
        if (IsGemma)
        {
            InitialModel.Number(writer, s, "attention.sliding_window", s.SlidingWindow);
        }
        if (s.ExpertCount is { } experts)
        {
            InitialModel.Number(writer, s, "expert_count", experts);
            InitialModel.Number(writer, s, "expert_used_count", s.ExpertUsedCount);
            if (s.Architecture == "qwen3moe")
            {
                InitialModel.Number(writer, s, "expert_feed_forward_length", s.FeedForwardLength);
            }
        }
        tensors.Normal("token_embd", V, d, Deviation);
        for (int i = 0; i < s.BlockCount; i++)
        {
            AddLayer(tensors, s, $"blk.{i}.", d, d_k);
        }
        tensors.Norm("output_norm", d, bias: false);
        if (s.TiedEmbeddings is { } tied ? !tied : !IsGemma)
        {
            tensors.Normal("output", V, d, Deviation);
        }
    }

    private void AddLayer(RandomTensors tensors, ModelShape s, string b, int d, int d_k)
    {
        int q = s.HeadCount * d_k, kv = (s.HeadCountKv ?? s.HeadCount) * d_k, f = s.FeedForwardLength;
        double residual = Deviation / Math.Sqrt(2.0 * s.BlockCount);
        tensors.Norm(b + "attn_norm", d, bias: false);
        foreach ((string name, int rows) in IsFused ? ((string, int)[])[("attn_qkv", q + 2 * kv)] : [("attn_q", q), ("attn_k", kv), ("attn_v", kv)])
        {
            tensors.Normal(b + name, rows, d, Deviation);
            if (Biases)
            {
                tensors.Bias(b + name, rows);
            }
        }
        if (NormsHeads)
        {
            tensors.Norm(b + "attn_q_norm", d_k, bias: false);
            tensors.Norm(b + "attn_k_norm", d_k, bias: false);
        }
        tensors.Normal(b + "attn_output", d, q, residual);
        if (IsGemma)
        {
            tensors.Norm(b + "post_attention_norm", d, bias: false);
            tensors.Norm(b + "post_ffw_norm", d, bias: false);
        }
        tensors.Norm(b + "ffn_norm", d, bias: false);
        if (s.ExpertCount is { } experts)
        {
            tensors.Normal(b + "ffn_gate_inp", experts, d, Deviation);
            tensors.Experts(b + "ffn_gate_exps", experts, f, d, Deviation);
            tensors.Experts(b + "ffn_up_exps", experts, f, d, Deviation);
            tensors.Experts(b + "ffn_down_exps", experts, d, f, residual);
            return;
        }
        if (!IsFused)
        {
            tensors.Normal(b + "ffn_gate", f, d, Deviation);
        }
        tensors.Normal(b + "ffn_up", IsFused ? 2 * f : f, d, Deviation);
        tensors.Normal(b + "ffn_down", d, f, residual);
    }
}
