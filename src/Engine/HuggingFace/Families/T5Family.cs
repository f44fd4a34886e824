using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>T5, T5 1.1 and Flan-T5 (transformers' <c>T5ForConditionalGeneration</c>) as llama.cpp's <c>t5</c>.</summary>
internal static class T5Family
{
    private const string Self = "layer.0.SelfAttention.", RelativeBias = "relative_attention_bias.weight";

    // llama.cpp has no key for it.
    private const int MaxDistance = 128;

    /// <summary>Reads configuration and weights.</summary>
    public static ModelPlan Plan(FamilySource source)
    {
        JsonFields config = source.Config;
        source.RequireClass("T5ForConditionalGeneration", "T5WithLMHeadModel");
        bool gated = config.OneOf("feed_forward_proj", "relu", "relu", "gated-gelu") == "gated-gelu";
        config.OneOf("dense_act_fn", gated ? "gelu_new" : "relu", gated ? "gelu_new" : "relu");
        config.Require("is_gated_act", gated);
        config.Require("is_encoder_decoder", expected: true);
        if (config.Positive("relative_attention_max_distance", MaxDistance) is var distance && distance != MaxDistance)
        {
            throw config.Refuse("relative_attention_max_distance", $"{MaxDistance}", $"{distance}");
        }
        config.Neutral("dropout_rate", "n_positions", "output_past");
        int N = config.Positive("num_layers");
        const int Planned = 512; // the length of T5's own inputs; longer ones only need more memory
        var s = new T5Settings(
            source.EmbeddingRows("shared.weight"), config.Positive("d_model"), config.Positive("n_positions", Planned), config.Positive("d_ff"), N, config.Positive("num_decoder_layers", N),
            config.Positive("num_heads"), config.Positive("d_kv"), config.Positive("relative_attention_num_buckets", 32), config.Above0("layer_norm_epsilon", 1e-6), gated,
            config.Flag("tie_word_embeddings", true), config.Token("decoder_start_token_id") ?? config.Token("pad_token_id") ?? 0);
        if (s.M > s.N)
        {
            throw config.Refuse("num_decoder_layers", $"at most num_layers {s.N}, the most that llama.cpp runs", $"{s.M}");
        }
        source.RequireAllKnown();
        var plan = new ModelPlan("t5", s, source.CreateTensors());
        Describe(s, plan);
        Map(s, plan.Tensors);
        return plan;
    }

    private static void Describe(T5Settings s, ModelPlan plan)
    {
        plan.Set("context_length", (uint)s.Positions);
        plan.Set("embedding_length", (uint)s.d);
        plan.Set("block_count", (uint)s.N);
        plan.Set("decoder_block_count", (uint)s.M);
        plan.Set("feed_forward_length", (uint)s.f);
        plan.Set("attention.head_count", (uint)s.H);
        plan.Set("attention.key_length", (uint)s.d_k);
        plan.Set("attention.value_length", (uint)s.d_k);
        plan.Set("attention.layer_norm_rms_epsilon", (float)s.Epsilon);
        plan.Set("attention.relative_buckets_count", (uint)s.Buckets);
        plan.Set("decoder_start_token_id", (uint)s.StartToken);
        plan.Set("vocab_size", (uint)s.V);
    }

    /// <summary>Maps the weights.</summary>
    public static void Map(T5Settings s, ITensorMap t)
    {
        t.Matrix("token_embd", "shared.weight", s.V, s.d);
        t.Ignore("encoder.embed_tokens.weight"); // copies of the shared embedding
        t.Ignore("decoder.embed_tokens.weight");
        for (int i = 0; i < s.N; i++)
        {
            Layer("enc", "encoder", i, feedForward: 1);
        }
        t.Vector("enc.output_norm.weight", "encoder.final_layer_norm.weight", s.d);
        for (int i = 0; i < s.M; i++)
        {
            Layer("dec", "decoder", i, feedForward: 2);
            (string b, string theirs) = ($"dec.blk.{i}.", $"decoder.block.{i}.layer.1.");
            t.Vector(b + "cross_attn_norm.weight", theirs + "layer_norm.weight", s.d);
            Attention(b + "cross_attn", theirs + "EncDecAttention.");
            t.Ignore(theirs + "EncDecAttention." + RelativeBias); // older checkpoints have one that is never used
        }
        // transformers multiplies the rows by 1/√d before a head that is tied to the embedding; llama.cpp does not. The factor goes into
        // the gain of the norm before the head.
        t.Vector("dec.output_norm.weight", "decoder.final_layer_norm.weight", s.d, s.IsTied ? 1 / Math.Sqrt(s.d) : 1);
        if (s.IsTied)
        {
            t.Ignore("lm_head.weight");
        }
        else
        {
            t.Matrix("output", "lm_head.weight", s.V, s.d);
        }

        void Layer(string part, string theirPart, int i, int feedForward)
        {
            (string b, string theirs) = ($"{part}.blk.{i}.", $"{theirPart}.block.{i}.");
            t.Vector(b + "attn_norm.weight", theirs + "layer.0.layer_norm.weight", s.d);
            Attention(b + "attn", theirs + Self);
            if (i == 0)
            {
                t.Table(b + "attn_rel_b", theirs + Self + RelativeBias, s.Buckets, s.H);
            }
            string mlp = $"{theirs}layer.{feedForward}.";
            t.Vector(b + "ffn_norm.weight", mlp + "layer_norm.weight", s.d);
            if (s.IsGated)
            {
                t.Matrix(b + "ffn_gate", mlp + "DenseReluDense.wi_0.weight", s.f, s.d);
            }
            t.Matrix(b + "ffn_up", mlp + (s.IsGated ? "DenseReluDense.wi_1.weight" : "DenseReluDense.wi.weight"), s.f, s.d);
            t.Matrix(b + "ffn_down", mlp + "DenseReluDense.wo.weight", s.d, s.f);
        }

        void Attention(string ours, string theirs)
        {
            int q = s.H * s.d_k;
            t.Matrix(ours + "_q", theirs + "q.weight", q, s.d);
            t.Matrix(ours + "_k", theirs + "k.weight", q, s.d);
            t.Matrix(ours + "_v", theirs + "v.weight", q, s.d);
            t.Matrix(ours + "_o", theirs + "o.weight", s.d, q);
        }
    }
}
