using System.Text.Json;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>Gemma 2 and the text part of Gemma 3 (transformers' <c>Gemma2ForCausalLM</c>, <c>Gemma3ForCausalLM</c>,
/// <c>Gemma3ForConditionalGeneration</c>) as llama.cpp's <c>gemma2</c>, <c>gemma3</c>.</summary>
/// <remarks>transformers multiplies by 1 + w in every norm; GGUF stores 1 + w.</remarks>
internal static class GemmaFamily
{
    /// <summary>transformers' names of the layers that see only a window, and of those that see all positions.</summary>
    public const string Local = "sliding_attention", Global = "full_attention";

    private const string WithVision = "Gemma3ForConditionalGeneration";

    /// <summary>The defaults of absent fields, which are transformers', and the values by which llama.cpp tells the models apart.</summary>
    /// <param name="Architecture">llama.cpp's name.</param>
    /// <param name="V">vocab_size.</param>
    /// <param name="Width">hidden_size.</param>
    /// <param name="FeedForward">intermediate_size.</param>
    /// <param name="N">num_hidden_layers.</param>
    /// <param name="Positions">max_position_embeddings.</param>
    /// <param name="Base">rope_theta.</param>
    /// <param name="LargestLayers">N of the largest model, by which llama.cpp recognises it.</param>
    /// <param name="Period">The last of every group of this many layers sees all positions.</param>
    internal sealed record Kind(string Architecture, int V, int Width, int FeedForward, int N, int Positions, double Base, int LargestLayers, int Period)
    {
        /// <summary>The number by whose square root llama.cpp divides scores.</summary>
        public double QueryScalar(int layers, int width, int heads, int d_k) => layers == LargestLayers ? width / heads : d_k;
    }

    /// <summary>The two kinds, Gemma 2 and Gemma 3.</summary>
    internal static readonly Kind Second = new("gemma2", 256_000, 2304, 9216, 26, 8192, 1e4, 46, 2), Third = new("gemma3", 262_208, 2304, 9216, 26, 131_072, 1e6, 62, 6);

    /// <summary>Reads configuration and weights of a Gemma 2.</summary>
    public static ModelPlan PlanGemma2(FamilySource source)
    {
        source.RequireClass("Gemma2ForCausalLM");
        GemmaSettings s = Read(source, Second, "model.");
        RopeSettings rope = RopeImport.Read(source.Config, s.Positions, RopeImport.OfGemma, Second.Base);
        source.Config.Require("tie_word_embeddings", expected: true);
        s = s with { Rope = rope, LocalRope = rope, ScoreCap = Cap(source.Config, "attn_logit_softcapping", 50), LogitCap = Cap(source.Config, "final_logit_softcapping", 30) };
        if (!s.Local.Contains(true))
        {
            throw source.Config.Refuse("layer_types", $"at least one layer of '{Local}', as in llama.cpp's Gemma 2", "none");
        }
        source.RequireAllKnown();
        return Describe(Second, s, source.CreateTensors());
    }

    /// <summary>Reads configuration and weights of a Gemma 3, or of its text part.</summary>
    public static ModelPlan PlanGemma3(FamilySource source)
    {
        string kind = source.RequireClass(source.Config.Has("text_config") ? WithVision : "Gemma3ForCausalLM");
        FamilySource text = kind == WithVision ? TextPart(source) : source;
        string prefix = kind != WithVision ? "model." : source.Checkpoint.Tensors.ContainsKey("language_model.model.embed_tokens.weight") ? "language_model.model." : "model.language_model.";
        JsonFields config = text.Config;
        GemmaSettings s = Read(text, Third, prefix);
        (RopeSettings rope, RopeSettings local) = Turns(config, s.Positions);
        s = s with
        {
            Rope = rope,
            LocalRope = local,
            NormalizesHeads = true,
            LogitCap = config.Has("final_logit_softcapping") ? config.Above0("final_logit_softcapping") : 0,
            IsTied = config.Flag("tie_word_embeddings", true),
        };
        config.RequireAbsent("attn_logit_softcapping"); // replaced by the norms of the heads
        config.Require("use_bidirectional_attention", expected: false);
        text.RequireAllKnown();
        ModelPlan plan = Describe(Third, s, source.CreateTensors());
        if (kind == WithVision)
        {
            source.RequireAllKnown();
            plan.Tensors.Ignore(name => name.StartsWith("vision_tower.", StringComparison.Ordinal) || name.StartsWith("multi_modal_projector.", StringComparison.Ordinal)
                || name.StartsWith("model.vision_tower.", StringComparison.Ordinal) || name.StartsWith("model.multi_modal_projector.", StringComparison.Ordinal));
            plan.Notes.Add("The model also sees images. The file contains only the part that reads text; the vision tower is left out.");
        }
        return plan;
    }

    private static FamilySource TextPart(FamilySource source)
    {
        source.Config.Require("tie_word_embeddings", expected: true); // of the whole model
        source.Config.Neutral("vision_config", "boi_token_index", "eoi_token_index", "image_token_index", "mm_tokens_per_image");
        JsonFields text = source.Config.Object("text_config")!;
        text.OneOf("model_type", "gemma3_text", "gemma3_text");
        return source with { Config = text };
    }

    private static GemmaSettings Read(FamilySource source, Kind kind, string prefix)
    {
        JsonFields config = source.Config;
        int d = config.Positive("hidden_size", kind.Width), H = config.Positive("num_attention_heads", 8), G = config.Positive("num_key_value_heads", 4), d_k = config.Positive("head_dim", 256);
        int N = config.Positive("num_hidden_layers", kind.N);
        if (H % G != 0)
        {
            throw config.Refuse("num_key_value_heads", $"a divisor of num_attention_heads {H}", $"{G}");
        }
        if (d_k % 2 != 0)
        {
            throw config.Refuse("head_dim", "an even number", $"{d_k}");
        }
        config.OneOf("hidden_activation", "gelu_pytorch_tanh", "gelu_pytorch_tanh");
        config.Require("attention_bias", expected: false);
        config.Neutral("attention_dropout", "hidden_act", "cache_implementation"); // hidden_act is older and overridden by hidden_activation
        double scalar = config.Above0("query_pre_attn_scalar", 256), expected = kind.QueryScalar(N, d, H, d_k);
        if (scalar != expected)
        {
            throw config.Refuse("query_pre_attn_scalar", $"{expected}, as llama.cpp computes {kind.Architecture} of {N} layers", $"{scalar}");
        }
        bool[] local = LocalLayers(config, N, kind);
        var @default = new RopeSettings(kind.Base, "default");
        return new GemmaSettings(
            source.EmbeddingRows(prefix + "embed_tokens.weight", kind.V), d, config.Positive("max_position_embeddings", kind.Positions), config.Positive("intermediate_size", kind.FeedForward), N, H, G, d_k,
            config.Above0("rms_norm_eps", 1e-6), scalar, @default, @default, Window(config, local), local)
        { Prefix = prefix };
    }

    private static int Window(JsonFields config, bool[] local)
    {
        const int Absent = 4096;
        return config.OptionalPositive("sliding_window")
            ?? (config.IsThere("sliding_window") && local.Contains(true) ? throw config.Refuse("sliding_window", "a number of positions", "none") : Absent);
    }

    // The layers are listed, or all but every n-th.
    private static bool[] LocalLayers(JsonFields config, int N, Kind kind)
    {
        int period = kind.Period;
        if (kind == Third)
        {
            config.Neutral("_sliding_window_pattern"); // the list was made from it
            period = config.Positive("sliding_window_pattern", config.OptionalPositive("_sliding_window_pattern") ?? period);
        }
        if (config.Find("layer_types") is not { } list)
        {
            return [.. Enumerable.Range(0, N).Select(i => (i + 1) % period != 0)];
        }
        string[] types = list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(type => type.ToString())] : [];
        return types.Length == N && types.All(type => type is Local or Global) ? [.. types.Select(type => type == Local)]
            : throw config.Refuse("layer_types", $"'{Local}' or '{Global}' for each of the {N} layers", types.FirstOrDefault(type => type is not (Local or Global)) is { } other ? $"'{other}'" : $"{types.Length} entries");
    }

    // Since version 5 of transformers, there is an object for each kind of layer.
    private static (RopeSettings Global, RopeSettings Local) Turns(JsonFields config, int positions)
    {
        const double LocalBase = 1e4;
        JsonFields? scaling = RopeImport.Scaling(config);
        if (scaling?.Object(Global) is not { } global)
        {
            double own = config.Above0("rope_local_base_freq", LocalBase);
            return (RopeImport.Read(config, positions, RopeImport.OfGemma, Third.Base), new RopeSettings(own, "default"));
        }
        JsonFields? local = scaling.Object(Local);
        scaling.RequireAllKnown();
        return (RopeImport.Read(global, global.Above0("rope_theta", Third.Base), positions, RopeImport.OfGemma),
            RopeImport.Read(local, local?.Above0("rope_theta", LocalBase) ?? LocalBase, positions, ["default"]));
    }

    // An absent field has transformers' default, but null means no cap.
    private static double Cap(JsonFields config, string name, double absent) => config.IsThere(name) && !config.Has(name)
        ? throw config.Refuse(name, "a number above 0: llama.cpp's Gemma 2 always has the cap", "none") : config.Above0(name, absent);

    private static ModelPlan Describe(Kind kind, GemmaSettings s, TensorMap tensors)
    {
        var plan = new ModelPlan(kind.Architecture, s, tensors);
        plan.SetSizes(s);
        plan.Set("attention.key_length", (uint)s.d_k);
        plan.Set("attention.value_length", (uint)s.d_k);
        plan.Set("attention.layer_norm_rms_epsilon", (float)s.Epsilon);
        plan.Set("rope.dimension_count", (uint)s.d_k);
        plan.Set("vocab_size", (uint)s.V);
        RopeImport.Describe(s.Rope, plan);
        DescribeWindow(kind, s, plan);
        if (s.ScoreCap > 0)
        {
            plan.Set("attn_logit_softcapping", (float)s.ScoreCap);
        }
        if (s.LogitCap > 0)
        {
            plan.Set("final_logit_softcapping", (float)s.LogitCap);
        }
        Map(s, plan.Tensors);
        return plan;
    }

    private static void DescribeWindow(Kind kind, GemmaSettings s, ModelPlan plan)
    {
        if (!s.Local.Contains(true))
        {
            return;
        }
        plan.Set("attention.sliding_window", (uint)s.Window);
        if (kind == Third)
        {
            plan.Set("rope.freq_base_swa", (float)s.LocalRope.Base);
        }
        if (!s.Local.SequenceEqual(Enumerable.Range(0, s.N).Select(i => (i + 1) % kind.Period != 0))) // llama.cpp's default order needs no list
        {
            plan.Set("attention.sliding_window_pattern", s.Local);
        }
    }

    /// <summary>Maps the weights.</summary>
    public static void Map(GemmaSettings s, ITensorMap t)
    {
        string p = s.Prefix;
        t.Matrix("token_embd", p + "embed_tokens.weight", s.V, s.d);
        for (int i = 0; i < s.N; i++)
        {
            (string b, string theirs) = ($"blk.{i}.", $"{p}layers.{i}.");
            Norm(b + "attn_norm", theirs + "input_layernorm", s.d);
            t.Matrix(b + "attn_q", theirs + "self_attn.q_proj.weight", s.H * s.d_k, s.d);
            t.Matrix(b + "attn_k", theirs + "self_attn.k_proj.weight", s.G * s.d_k, s.d);
            t.Matrix(b + "attn_v", theirs + "self_attn.v_proj.weight", s.G * s.d_k, s.d);
            t.Matrix(b + "attn_output", theirs + "self_attn.o_proj.weight", s.d, s.H * s.d_k);
            if (s.NormalizesHeads)
            {
                Norm(b + "attn_q_norm", theirs + "self_attn.q_norm", s.d_k);
                Norm(b + "attn_k_norm", theirs + "self_attn.k_norm", s.d_k);
            }
            Norm(b + "post_attention_norm", theirs + "post_attention_layernorm", s.d);
            Norm(b + "ffn_norm", theirs + "pre_feedforward_layernorm", s.d);
            t.Matrix(b + "ffn_gate", theirs + "mlp.gate_proj.weight", s.f, s.d);
            t.Matrix(b + "ffn_up", theirs + "mlp.up_proj.weight", s.f, s.d);
            t.Matrix(b + "ffn_down", theirs + "mlp.down_proj.weight", s.d, s.f);
            Norm(b + "post_ffw_norm", theirs + "post_feedforward_layernorm", s.d);
        }
        Norm("output_norm", p + "norm", s.d);
        string head = p == "language_model.model." ? "language_model.lm_head.weight" : "lm_head.weight";
        if (s.IsTied)
        {
            t.Ignore(head);
        }
        else
        {
            t.Matrix("output", head, s.V, s.d);
        }

        void Norm(string ours, string theirs, int length) => t.Vector(ours + ".weight", theirs + ".weight", length, shift: 1);
    }
}
