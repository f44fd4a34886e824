using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>GPT-2 (transformers' <c>GPT2LMHeadModel</c>) as llama.cpp's <c>gpt2</c>.</summary>
internal static class Gpt2Family
{
    /// <summary>Reads configuration and weights.</summary>
    public static ModelPlan Plan(FamilySource source)
    {
        JsonFields config = source.Config;
        source.RequireClass("GPT2LMHeadModel", "GPT2Model");
        // "gelu_new" and its aliases are the tanh form, which llama.cpp computes.
        config.OneOf("activation_function", "gelu_new", "gelu_new", "gelu_pytorch_tanh", "gelu_fast");
        config.Require("scale_attn_weights", expected: true);
        config.Require("scale_attn_by_inverse_layer_idx", expected: false);
        config.Neutral(
            "attn_pdrop", "embd_pdrop", "resid_pdrop", "n_ctx", "reorder_and_upcast_attn", "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj");
        int d = config.Positive("n_embd"), H = config.Positive("n_head");
        if (d % H != 0)
        {
            throw config.Refuse("n_head", $"a divisor of n_embd {d}", $"{H}");
        }
        string prefix = source.Checkpoint.Tensors.ContainsKey("transformer.wte.weight") ? "transformer." : "";
        var s = new Gpt2Settings(
            source.EmbeddingRows(prefix + "wte.weight"), d, config.Positive("n_positions"), config.Positive("n_inner", 4 * d), config.Positive("n_layer"), H,
            config.Above0("layer_norm_epsilon", 1e-5), prefix, config.Flag("tie_word_embeddings", true));
        source.RequireAllKnown();
        ModelPlan plan = Describe(s, source.CreateTensors());
        Map(s, plan.Tensors);
        return plan;
    }

    private static ModelPlan Describe(Gpt2Settings s, TensorMap tensors)
    {
        var plan = new ModelPlan("gpt2", s, tensors);
        plan.Set("context_length", (uint)s.Positions);
        plan.Set("embedding_length", (uint)s.d);
        plan.Set("block_count", (uint)s.N);
        plan.Set("feed_forward_length", (uint)s.f);
        plan.Set("attention.head_count", (uint)s.H);
        plan.Set("attention.layer_norm_epsilon", (float)s.Epsilon);
        plan.Set("vocab_size", (uint)s.V);
        return plan;
    }

    /// <summary>Maps the weights.</summary>
    public static void Map(Gpt2Settings s, ITensorMap t)
    {
        t.Matrix("token_embd", s.Prefix + "wte.weight", s.V, s.d);
        t.Table("position_embd", s.Prefix + "wpe.weight", s.Positions, s.d);
        for (int i = 0; i < s.N; i++)
        {
            (string b, string theirs) = ($"blk.{i}.", $"{s.Prefix}h.{i}.");
            Norm(b + "attn_norm", theirs + "ln_1");
            Affine(b + "attn_qkv", theirs + "attn.c_attn", 3 * s.d, s.d);
            Affine(b + "attn_output", theirs + "attn.c_proj", s.d, s.d);
            Norm(b + "ffn_norm", theirs + "ln_2");
            Affine(b + "ffn_up", theirs + "mlp.c_fc", s.f, s.d);
            Affine(b + "ffn_down", theirs + "mlp.c_proj", s.d, s.f);
            t.Ignore(theirs + "attn.bias"); // the causal mask, which older versions wrote
            t.Ignore(theirs + "attn.masked_bias");
        }
        Norm("output_norm", s.Prefix + "ln_f");
        if (s.IsTied)
        {
            t.Ignore("lm_head.weight"); // transformers uses the embedding
        }
        else
        {
            t.Matrix("output", "lm_head.weight", s.V, s.d);
        }

        void Norm(string ours, string theirs)
        {
            t.Vector(ours + ".weight", theirs + ".weight", s.d);
            t.Vector(ours + ".bias", theirs + ".bias", s.d);
        }

        void Affine(string ours, string theirs, int rows, int columns)
        {
            t.Transposed(ours, theirs + ".weight", rows, columns);
            t.Vector(ours + ".bias", theirs + ".bias", rows);
        }
    }
}
