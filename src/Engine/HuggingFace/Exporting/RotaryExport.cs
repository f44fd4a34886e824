using System.Text.Json.Nodes;
using Engine.Gguf;
using Engine.HuggingFace.Families;
using static Engine.HuggingFace.Exporting.FamilyExport;

namespace Engine.HuggingFace.Exporting;

/// <summary>Exports LLaMA, Mixtral and Qwen in transformers' form.</summary>
internal static class RotaryExport
{
    private const string Epsilon = "attention.layer_norm_rms_epsilon";

    /// <summary>Exports a LLaMA (Mistral is one), or, if it has experts, a Mixtral.</summary>
    public static FamilyExport Llama(GgufFile file)
    {
        bool isMixture = Has(file, "blk.0.ffn_gate_inp.weight");
        var c = new ExportedConfig(file, isMixture ? "MixtralForCausalLM" : "LlamaForCausalLM", "llama", isMixture ? "mixtral" : null);
        LlamaSettings s = Read(c, file, RopeImport.OfLlama);
        if (isMixture)
        {
            s = s with { Experts = new ExpertSettings(c.Number("expert_count"), c.Number("expert_used_count"), s.f, "block_sparse_moe", "w1", "w3", "w2") };
            c.Set(("num_local_experts", s.Experts.E), ("num_experts_per_tok", s.Experts.k), ("sliding_window", null));
        }
        else
        {
            s = s with { AttentionBias = Has(file, "blk.0.attn_q.bias"), OutputBias = Has(file, "blk.0.attn_q.bias"), FeedForwardBias = Has(file, "blk.0.ffn_up.bias") }; // attention_bias means all four
            c.Set(("attention_bias", s.AttentionBias), ("mlp_bias", s.FeedForwardBias));
        }
        var tensors = new TensorExport(file);
        LlamaFamily.Map(s, tensors);
        return new FamilyExport(c.Json, tensors);
    }

    /// <summary>Exports a Qwen2.</summary>
    public static FamilyExport Qwen2(GgufFile file)
    {
        var c = new ExportedConfig(file, "Qwen2ForCausalLM", "qwen2");
        LlamaSettings s = Read(c, file, RopeImport.OfQwen) with { AttentionBias = true, OutputBias = false };
        c.Json.Remove("head_dim"); // transformers' Qwen2 divides hidden_size among its heads
        return Qwen(c, s, file);
    }

    /// <summary>Exports a Qwen3.</summary>
    public static FamilyExport Qwen3(GgufFile file)
    {
        var c = new ExportedConfig(file, "Qwen3ForCausalLM", "qwen3");
        LlamaSettings s = Read(c, file, RopeImport.OfQwen) with { NormalizesHeads = true };
        c.Set(("attention_bias", false));
        return Qwen(c, s, file);
    }

    /// <summary>Exports a Qwen3-MoE.</summary>
    public static FamilyExport Qwen3Moe(GgufFile file)
    {
        var c = new ExportedConfig(file, "Qwen3MoeForCausalLM", "qwen3moe", "qwen3_moe");
        (int E, int k) = (c.Number("expert_count"), c.Number("expert_used_count"));
        int f = c.Number("expert_feed_forward_length", c.Number("feed_forward_length", 0) / k);
        LlamaSettings s = Read(c, file, RopeImport.OfQwen, f) with { NormalizesHeads = true, Experts = new ExpertSettings(E, k, f, "mlp", "gate_proj", "up_proj", "down_proj") };
        c.Set(("attention_bias", false), ("num_experts", E), ("num_experts_per_tok", k), ("moe_intermediate_size", f), ("norm_topk_prob", true), ("decoder_sparse_step", 1), ("mlp_only_layers", new JsonArray()));
        return Qwen(c, s, file);
    }

    private static FamilyExport Qwen(ExportedConfig c, LlamaSettings s, GgufFile file)
    {
        c.Set(("use_sliding_window", false));
        var tensors = new TensorExport(file);
        QwenFamily.Map(s, tensors);
        return new FamilyExport(c.Json, tensors);
    }

    private static LlamaSettings Read(ExportedConfig c, GgufFile file, string[] kinds, int? feedForward = null)
    {
        (int d, int H) = (c.Number("embedding_length"), c.Number("attention.head_count"));
        int d_k = c.Number("attention.key_length", d / H);
        RopeSettings rope = RopeExport.Set(c, file, d_k, kinds);
        var s = new LlamaSettings(
            c.V, d, c.Number("context_length"), c.Number("feed_forward_length", feedForward), c.Number("block_count"), H, c.Number("attention.head_count_kv", H), d_k,
            c.Float(Epsilon), rope, !Has(file, "output.weight"), AttentionBias: false, FeedForwardBias: false);
        c.Set(("hidden_size", s.d), ("intermediate_size", s.f), ("num_hidden_layers", s.N), ("num_attention_heads", s.H), ("num_key_value_heads", s.G), ("head_dim", s.d_k), ("hidden_act", "silu"),
            ("max_position_embeddings", s.Positions), ("rms_norm_eps", s.Epsilon), ("tie_word_embeddings", s.IsTied));
        return s;
    }
}
