using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>Attention's weights in a layer of LLaMA or a descendant, (out, in) each.</summary>
internal sealed record AttentionWeights
{
    public required Weight? AttnQKV { get; init; }     // (H·d_k + 2·G·d_k, d): the three below in one
    public required Weight? AttnQKVBias { get; init; } // (H·d_k + 2·G·d_k)
    public required Weight? AttnQ { get; init; }       // (H·d_k, d)
    public required Weight? AttnK { get; init; }       // (G·d_k, d)
    public required Weight? AttnV { get; init; }       // (G·d_k, d)
    public required Weight? AttnQBias { get; init; }   // (H·d_k)
    public required Weight? AttnKBias { get; init; }   // (G·d_k)
    public required Weight? AttnVBias { get; init; }   // (G·d_k)
    public required Weight AttnOutput { get; init; }   // (d, H·d_k)
    public Weight? AttnOutputBias { get; init; }       // (d)
    public Weight? AttnQNorm { get; init; }            // (d_k)
    public Weight? AttnKNorm { get; init; }            // (d_k)

    /// <summary>Reads those that llama.cpp looks for in every such architecture: the weights of queries, keys and values, fused or
    /// separate, and their biases if there are any.</summary>
    public static AttentionWeights Read(WeightReader w, RotaryConfig c)
    {
        (int q, int kv) = (c.H * c.d_k, c.G * c.d_k);
        string fromH = $"head_count {c.H} × head_dim {c.d_k}", fromG = $"head_count_kv {c.G} × head_dim {c.d_k}";
        bool fused = w.Has("attn_qkv.weight"), fusedBias = fused && w.Has("attn_qkv.bias");
        return new AttentionWeights
        {
            AttnQKV = w.OptionalMatrix("attn_qkv.weight", q + 2 * kv, c.d, $"{fromH} and twice {fromG}"),
            AttnQKVBias = fused ? w.OptionalVector("attn_qkv.bias", q + 2 * kv, $"{fromH} and twice {fromG}") : null,
            AttnQ = fused ? null : w.Matrix("attn_q.weight", q, c.d, fromH),
            AttnK = fused ? null : w.Matrix("attn_k.weight", kv, c.d, fromG),
            AttnV = fused ? null : w.Matrix("attn_v.weight", kv, c.d, fromG),
            AttnQBias = fusedBias ? null : w.OptionalVector("attn_q.bias", q, fromH),
            AttnKBias = fusedBias ? null : w.OptionalVector("attn_k.bias", kv, fromG),
            AttnVBias = fusedBias ? null : w.OptionalVector("attn_v.bias", kv, fromG),
            AttnOutput = w.Matrix("attn_output.weight", c.d, q, fromH),
        };
    }

    /// <summary>The same, with norms for the heads of queries and keys.</summary>
    public static AttentionWeights ReadNormed(WeightReader w, RotaryConfig c) => Read(w, c) with
    {
        AttnQNorm = w.Vector("attn_q_norm.weight", c.d_k, $"head_dim {c.d_k}"),
        AttnKNorm = w.Vector("attn_k_norm.weight", c.d_k, $"head_dim {c.d_k}"),
    };
}
