using System.Text.Json;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>Qwen2, Qwen3 and Qwen3-MoE (transformers' <c>Qwen2ForCausalLM</c>, <c>Qwen3ForCausalLM</c>, <c>Qwen3MoeForCausalLM</c>) as llama.cpp's
/// <c>qwen2</c>, <c>qwen3</c>, <c>qwen3moe</c>: a LLaMA whose queries, keys and values have biases, or whose heads are normalized. For these, llama.cpp rotates heads by halves, as transformers does.</summary>
internal static class QwenFamily
{
    /// <summary>Reads configuration and weights of a Qwen2.</summary>
    public static ModelPlan PlanQwen2(FamilySource source)
    {
        source.RequireClass("Qwen2ForCausalLM");
        return Plan(source, "qwen2", s => s with { AttentionBias = true, OutputBias = false }, headAbsent: null);
    }

    /// <summary>Reads configuration and weights of a Qwen3.</summary>
    public static ModelPlan PlanQwen3(FamilySource source)
    {
        source.RequireClass("Qwen3ForCausalLM");
        source.Config.Require("attention_bias", expected: false); // llama.cpp's Qwen3 has none
        const int Head = 128; // transformers' default
        return Plan(source, "qwen3", s => s with { NormalizesHeads = true }, Head);
    }

    /// <summary>Reads configuration and weights of a Qwen3-MoE.</summary>
    public static ModelPlan PlanQwen3Moe(FamilySource source)
    {
        JsonFields config = source.Config;
        source.RequireClass("Qwen3MoeForCausalLM");
        config.Require("attention_bias", expected: false);
        config.Neutral("router_aux_loss_coef", "output_router_logits"); // used only in training
        if (config.Positive("decoder_sparse_step", 1) is var step and not 1)
        {
            throw config.Refuse("decoder_sparse_step", "1, experts in every layer", $"{step}");
        }
        config.RequireAbsent("mlp_only_layers");
        if (!config.Flag("norm_topk_prob", absent: false))
        {
            throw config.Refuse("norm_topk_prob", "true: llama.cpp divides the probabilities of the chosen experts by their sum", "false");
        }
        var experts = new ExpertSettings(
            config.Positive("num_experts"), config.Positive("num_experts_per_tok"), config.Positive("moe_intermediate_size"), "mlp", "gate_proj", "up_proj", "down_proj");
        LlamaFamily.RequireEnough(config, experts);
        int head = Math.Max(1, config.Positive("hidden_size") / config.Positive("num_attention_heads"));
        ModelPlan plan = Plan(source, "qwen3moe", s => s with { NormalizesHeads = true, Experts = experts }, head);
        plan.Set("expert_feed_forward_length", (uint)experts.f);
        return plan;
    }

    private static ModelPlan Plan(FamilySource source, string architecture, Func<LlamaSettings, LlamaSettings> differ, int? headAbsent)
    {
        JsonFields config = source.Config;
        (int d, int H, int G) = (config.Positive("hidden_size"), config.Positive("num_attention_heads"), config.Positive("num_key_value_heads"));
        int d_k = headAbsent is { } head ? config.Positive("head_dim", head) : config.Positive("head_dim", Math.Max(1, d / H)), positions = config.Positive("max_position_embeddings");
        if (H % G != 0 || (headAbsent is null && d_k * H != d))
        {
            throw config.Refuse("num_attention_heads", $"a divisor of hidden_size {d}, shared by {G} key/value heads", $"{H}");
        }
        config.OneOf("hidden_act", "silu", "silu");
        config.Require("use_sliding_window", expected: false);
        config.Neutral("attention_dropout", "sliding_window", "max_window_layers"); // describe a window that is not used
        RequireFullAttention(config);
        LlamaSettings s = differ(new LlamaSettings(
            source.EmbeddingRows("model.embed_tokens.weight"), d, positions, config.Positive("intermediate_size"), config.Positive("num_hidden_layers"), H, G, d_k,
            config.Above0("rms_norm_eps", 1e-6), RopeImport.Read(config, positions, RopeImport.OfQwen), config.Flag("tie_word_embeddings", false), AttentionBias: false, FeedForwardBias: false));
        source.RequireAllKnown();
        ModelPlan plan = LlamaFamily.Describe(architecture, s, source.CreateTensors());
        RopeImport.Note(s.Rope, positions, plan);
        Map(s, plan.Tensors);
        return plan;
    }

    private static void RequireFullAttention(JsonFields config)
    {
        if (config.Find("layer_types") is { ValueKind: JsonValueKind.Array } types && types.EnumerateArray().FirstOrDefault(type => type.ToString() != "full_attention") is { ValueKind: not JsonValueKind.Undefined } other)
        {
            throw config.Refuse("layer_types", "'full_attention' in every layer", $"'{other}'");
        }
    }

    /// <summary>Maps the weights.</summary>
    public static void Map(LlamaSettings s, ITensorMap t)
    {
        t.Matrix("token_embd", "model.embed_tokens.weight", s.V, s.d);
        for (int i = 0; i < s.N; i++)
        {
            (string b, string theirs) = ($"blk.{i}.", $"model.layers.{i}.");
            t.Vector(b + "attn_norm.weight", theirs + "input_layernorm.weight", s.d);
            foreach ((string ours, string name, int rows) in
                (ReadOnlySpan<(string, string, int)>)[("attn_q", "q_proj", s.H * s.d_k), ("attn_k", "k_proj", s.G * s.d_k), ("attn_v", "v_proj", s.G * s.d_k)])
            {
                t.Matrix(b + ours, $"{theirs}self_attn.{name}.weight", rows, s.d);
                if (s.AttentionBias)
                {
                    t.Vector($"{b}{ours}.bias", $"{theirs}self_attn.{name}.bias", rows);
                }
            }
            t.Matrix(b + "attn_output", theirs + "self_attn.o_proj.weight", s.d, s.H * s.d_k);
            if (s.NormalizesHeads)
            {
                t.Vector(b + "attn_q_norm.weight", theirs + "self_attn.q_norm.weight", s.d_k);
                t.Vector(b + "attn_k_norm.weight", theirs + "self_attn.k_norm.weight", s.d_k);
            }
            LlamaFamily.MapFeedForward(s, i, t);
        }
        LlamaFamily.MapHead(s, t);
    }
}
