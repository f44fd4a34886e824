using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>Phi-3, Phi-3.5-mini and Phi-4-mini (transformers' <c>Phi3ForCausalLM</c>) as llama.cpp's <c>phi3</c>: queries, keys and values are one
/// weight, gate and up another, in both formats.</summary>
internal static class Phi3Family
{
    private const string Class = "Phi3ForCausalLM";

    /// <summary>Reads configuration and weights.</summary>
    public static ModelPlan Plan(FamilySource source)
    {
        JsonFields config = source.Config;
        source.RequireClass(Class);
        int d = config.Positive("hidden_size"), H = config.Positive("num_attention_heads"), G = config.Positive("num_key_value_heads", H), positions = config.Positive("max_position_embeddings");
        int d_k = config.Positive("head_dim", Math.Max(1, d / H));
        if (H % G != 0 || d_k * H != d)
        {
            throw config.Refuse("num_attention_heads", $"a divisor of hidden_size {d}, shared by {G} key/value heads", $"{H}");
        }
        config.OneOf("hidden_act", "silu", "silu");
        config.Require("attention_bias", expected: false);
        config.Require("mlp_bias", expected: false);
        config.Require("lm_head_bias", expected: false);
        RequireOne(config, "full_attn_mod", "interpolate_factor");
        config.Neutral("attention_dropout", "embd_pdrop", "resid_pdrop");
        int? window = config.OptionalPositive("sliding_window");
        JsonFields? scaling = RopeImport.Scaling(config);
        int rotated = Rotated(config, scaling, d_k);
        RopeSettings rope = RopeImport.Read(scaling, RopeImport.Base(config, scaling, 1e4), positions, RopeImport.OfPhi3, config.OptionalPositive("original_max_position_embeddings"));
        var s = new Phi3Settings(
            source.EmbeddingRows("model.embed_tokens.weight"), d, Math.Min(positions, window ?? positions), config.Positive("intermediate_size"), config.Positive("num_hidden_layers"), H, G,
            rotated, config.Above0("rms_norm_eps", 1e-5), rope, config.Flag("tie_word_embeddings", false));
        RequireFactors(config, s);
        source.RequireAllKnown("Phi3Config", Class, "Phi3Model");
        ModelPlan plan = Describe(s, source.CreateTensors());
        LlamaFamily.NoteWindow(window, positions, plan);
        RopeImport.Note(rope, positions, plan);
        Map(s, plan.Tensors);
        return plan;
    }

    // These are in Phi-4-mini's configuration. Other values have no meaning.
    private static void RequireOne(JsonFields config, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (config.Number(name, 1) is var found and not 1)
            {
                throw config.Refuse(name, "1", $"{found}");
            }
        }
    }

    private static int Rotated(JsonFields config, JsonFields? scaling, int d_k)
    {
        double share = config.Above0("partial_rotary_factor", scaling?.Above0("partial_rotary_factor", 1) ?? 1);
        int rotated = (int)(d_k * share);
        return share <= 1 && rotated > 0 && rotated % 2 == 0 ? rotated : throw config.Refuse("partial_rotary_factor", $"an even number of a head's {d_k}", $"{share}");
    }

    private static void RequireFactors(JsonFields config, Phi3Settings s)
    {
        foreach ((string name, float[]? factors) in (ReadOnlySpan<(string, float[]?)>)[("short_factor", s.Rope.ShortFactors), ("long_factor", s.Rope.LongFactors)])
        {
            if (factors is not null && factors.Length != s.Rotated / 2)
            {
                throw config.Refuse($"rope_scaling.{name}", $"{s.Rotated / 2} numbers, one for each pair of a head that turns", $"{factors.Length}");
            }
        }
    }

    private static ModelPlan Describe(Phi3Settings s, TensorMap tensors)
    {
        var plan = new ModelPlan("phi3", s, tensors);
        plan.SetSizes(s);
        plan.Set("attention.layer_norm_rms_epsilon", (float)s.Epsilon);
        plan.Set("rope.dimension_count", (uint)s.Rotated);
        plan.Set("vocab_size", (uint)s.V);
        RopeImport.Describe(s.Rope, plan);
        return plan;
    }

    /// <summary>Maps the weights.</summary>
    public static void Map(Phi3Settings s, ITensorMap t)
    {
        t.Matrix("token_embd", "model.embed_tokens.weight", s.V, s.d);
        for (int i = 0; i < s.N; i++)
        {
            (string b, string theirs) = ($"blk.{i}.", $"model.layers.{i}.");
            t.Vector(b + "attn_norm.weight", theirs + "input_layernorm.weight", s.d);
            t.Matrix(b + "attn_qkv", theirs + "self_attn.qkv_proj.weight", (s.H + (2 * s.G)) * s.d_k, s.d);
            t.Matrix(b + "attn_output", theirs + "self_attn.o_proj.weight", s.d, s.d);
            t.Vector(b + "ffn_norm.weight", theirs + "post_attention_layernorm.weight", s.d);
            t.Matrix(b + "ffn_up", theirs + "mlp.gate_up_proj.weight", 2 * s.f, s.d);
            t.Matrix(b + "ffn_down", theirs + "mlp.down_proj.weight", s.d, s.f);
            t.Ignore(theirs + "self_attn.rotary_emb.inv_freq");
        }
        if (s.Rope is { ShortFactors: { } within, LongFactors: { } beyond })
        {
            t.Values("rope_factors_short.weight", within);
            t.Values("rope_factors_long.weight", beyond);
        }
        t.Vector("output_norm.weight", "model.norm.weight", s.d);
        if (s.IsTied)
        {
            t.Ignore("lm_head.weight");
        }
        else
        {
            t.Matrix("output", "lm_head.weight", s.V, s.d);
        }
    }
}
