using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>LLaMA, Mistral and Mixtral (transformers' <c>LlamaForCausalLM</c>, <c>MistralForCausalLM</c>, <c>MixtralForCausalLM</c>) as llama.cpp's
/// <c>llama</c>.</summary>
internal static class LlamaFamily
{
    // The defaults of absent fields are transformers', which differ between the two.
    private sealed record Absent(int? KeyValueHeads, int? Window, double Epsilon, double Base);

    private static readonly Absent OfLlama = new(null, null, 1e-6, 1e4), OfMistral = new(8, 4096, 1e-6, 1e4), OfMixtral = new(8, null, 1e-5, 1e6);

    /// <summary>Reads configuration and weights of a LLaMA.</summary>
    public static ModelPlan PlanLlama(FamilySource source) => PlanDense(source, "LlamaForCausalLM", "MistralForCausalLM");

    /// <summary>Reads configuration and weights of a Mistral.</summary>
    public static ModelPlan PlanMistral(FamilySource source) => PlanDense(source, "MistralForCausalLM", "LlamaForCausalLM");

    private static ModelPlan PlanDense(FamilySource source, params string[] classes) =>
        Plan(source, source.RequireClass(classes) == "MistralForCausalLM" ? OfMistral : OfLlama, experts: null);

    /// <summary>Reads configuration and weights of a Mixtral.</summary>
    public static ModelPlan PlanMixtral(FamilySource source)
    {
        JsonFields config = source.Config;
        source.RequireClass("MixtralForCausalLM");
        config.Require("mlp_bias", expected: false);
        config.Neutral("router_aux_loss_coef", "router_jitter_noise", "output_router_logits"); // used only in training
        var experts = new ExpertSettings(
            config.Positive("num_local_experts", 8), config.Positive("num_experts_per_tok", 2), config.Positive("intermediate_size"), "block_sparse_moe", "w1", "w3", "w2");
        RequireEnough(config, experts);
        return Plan(source, OfMixtral, experts);
    }

    /// <summary>Refuses a configuration in which a token goes to more experts than there are.</summary>
    public static void RequireEnough(JsonFields config, ExpertSettings experts)
    {
        if (experts.k > experts.E)
        {
            throw config.Refuse("num_experts_per_tok", $"at most the {experts.E} experts that there are", $"{experts.k}");
        }
    }

    private static ModelPlan Plan(FamilySource source, Absent absent, ExpertSettings? experts)
    {
        JsonFields config = source.Config;
        (int d, int H) = (config.Positive("hidden_size"), config.Positive("num_attention_heads"));
        if (d % H != 0 && !config.Has("head_dim"))
        {
            throw config.Refuse("num_attention_heads", $"a divisor of hidden_size {d}, or a head_dim", $"{H}");
        }
        int d_k = config.Positive("head_dim", d / H), G = config.Positive("num_key_value_heads", absent.KeyValueHeads ?? H), positions = config.Positive("max_position_embeddings");
        if (H % G != 0)
        {
            throw config.Refuse("num_key_value_heads", $"a divisor of num_attention_heads {H}", $"{G}");
        }
        if (d_k % 2 != 0)
        {
            throw config.Refuse("head_dim", "an even number", $"{d_k}");
        }
        config.OneOf("hidden_act", "silu", "silu");
        config.Neutral("attention_dropout");
        int? window = config.OptionalPositive("sliding_window") ?? (config.IsThere("sliding_window") ? null : absent.Window);
        var s = new LlamaSettings(
            source.EmbeddingRows("model.embed_tokens.weight"), d, Math.Min(positions, window ?? positions), config.Positive("intermediate_size"), config.Positive("num_hidden_layers"), H, G, d_k,
            config.Above0("rms_norm_eps", absent.Epsilon), RopeImport.Read(config, positions, RopeImport.OfLlama, absent.Base),
            config.Flag("tie_word_embeddings", false), config.Flag("attention_bias", false), config.Flag("mlp_bias", false))
        { Experts = experts };
        source.RequireAllKnown();
        ModelPlan plan = Describe("llama", s, source.CreateTensors());
        NoteWindow(window, positions, plan);
        RopeImport.Note(s.Rope, positions, plan);
        Map(s, plan.Tensors);
        return plan;
    }

    /// <summary>Adds a note if a window limits the file because llama.cpp has no window for the architecture.</summary>
    public static void NoteWindow(int? window, int positions, ModelPlan plan)
    {
        if (window < positions)
        {
            plan.Notes.Add($"Attention sees a sliding window of {window} positions, which llama.cpp's {plan.Architecture} does not support. Up to {window} tokens both are the same, so that is the file's context (config.json says {positions}).");
        }
    }

    /// <summary>Sets the sizes under llama.cpp's keys.</summary>
    /// <param name="architecture">The name of LLaMA or of a descendant.</param>
    /// <param name="s">The sizes.</param>
    /// <param name="tensors">The weights.</param>
    public static ModelPlan Describe(string architecture, LlamaSettings s, TensorMap tensors)
    {
        var plan = new ModelPlan(architecture, s, tensors);
        plan.SetSizes(s);
        plan.Set("attention.key_length", (uint)s.d_k);
        plan.Set("attention.value_length", (uint)s.d_k);
        plan.Set("attention.layer_norm_rms_epsilon", (float)s.Epsilon);
        plan.Set("rope.dimension_count", (uint)s.d_k);
        plan.Set("vocab_size", (uint)s.V);
        if (s.Experts is { } experts)
        {
            plan.Set("expert_count", (uint)experts.E);
            plan.Set("expert_used_count", (uint)experts.k);
        }
        RopeImport.Describe(s.Rope, plan);
        return plan;
    }

    /// <summary>Maps the weights.</summary>
    public static void Map(LlamaSettings s, ITensorMap t)
    {
        (int q, int kv) = (s.H * s.d_k, s.G * s.d_k);
        t.Matrix("token_embd", "model.embed_tokens.weight", s.V, s.d);
        for (int i = 0; i < s.N; i++)
        {
            (string b, string theirs) = ($"blk.{i}.", $"model.layers.{i}.");
            string attention = $"{theirs}self_attn.";
            t.Vector(b + "attn_norm.weight", theirs + "input_layernorm.weight", s.d);
            t.Rotated(b + "attn_q", attention + "q_proj.weight", s.H, s.d_k, s.d);
            t.Rotated(b + "attn_k", attention + "k_proj.weight", s.G, s.d_k, s.d);
            t.Matrix(b + "attn_v", attention + "v_proj.weight", kv, s.d);
            t.Matrix(b + "attn_output", attention + "o_proj.weight", s.d, q);
            if (s.AttentionBias)
            {
                t.RotatedVector(b + "attn_q.bias", attention + "q_proj.bias", s.H, s.d_k);
                t.RotatedVector(b + "attn_k.bias", attention + "k_proj.bias", s.G, s.d_k);
                t.Vector(b + "attn_v.bias", attention + "v_proj.bias", kv);
            }
            if (s.OutputBias)
            {
                t.Vector(b + "attn_output.bias", attention + "o_proj.bias", s.d);
            }
            MapFeedForward(s, i, t);
            t.Ignore(attention + "rotary_emb.inv_freq"); // computed from rope_theta; older versions wrote it
        }
        if (RopeImport.Factors(s.Rope, s.d_k) is { } factors)
        {
            t.Values("rope_freqs.weight", factors);
        }
        MapHead(s, t);
    }

    /// <summary>Maps the feed-forward of a layer and the norm before it.</summary>
    public static void MapFeedForward(LlamaSettings s, int i, ITensorMap t)
    {
        (string b, string theirs) = ($"blk.{i}.", $"model.layers.{i}.");
        t.Vector(b + "ffn_norm.weight", theirs + "post_attention_layernorm.weight", s.d);
        if (s.Experts is { } experts)
        {
            MapExperts(experts, s.d, b, $"{theirs}{experts.Block}.", t);
            return;
        }
        foreach ((string ours, string name, int rows, int columns) in
            (ReadOnlySpan<(string, string, int, int)>)[("ffn_gate", "gate_proj", s.f, s.d), ("ffn_up", "up_proj", s.f, s.d), ("ffn_down", "down_proj", s.d, s.f)])
        {
            t.Matrix(b + ours, $"{theirs}mlp.{name}.weight", rows, columns);
            if (s.FeedForwardBias)
            {
                t.Vector($"{b}{ours}.bias", $"{theirs}mlp.{name}.bias", rows);
            }
        }
    }

    private static void MapExperts(ExpertSettings experts, int d, string b, string theirs, ITensorMap t)
    {
        t.Table(b + "ffn_gate_inp", theirs + "gate.weight", experts.E, d); // with 16 bits, llama.cpp would round the router's input
        t.Experts(b + "ffn_gate_exps", j => $"{theirs}experts.{j}.{experts.Gate}.weight", experts.E, experts.f, d);
        t.Experts(b + "ffn_up_exps", j => $"{theirs}experts.{j}.{experts.Up}.weight", experts.E, experts.f, d);
        t.Experts(b + "ffn_down_exps", j => $"{theirs}experts.{j}.{experts.Down}.weight", experts.E, d, experts.f);
    }

    /// <summary>Maps the last norm and the head.</summary>
    public static void MapHead(LlamaSettings s, ITensorMap t)
    {
        t.Vector("output_norm.weight", "model.norm.weight", s.d);
        if (s.IsTied)
        {
            t.Ignore("lm_head.weight"); // transformers uses the embedding
        }
        else
        {
            t.Matrix("output", "lm_head.weight", s.V, s.d);
        }
    }
}
