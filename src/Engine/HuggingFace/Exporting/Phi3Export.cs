using Engine.Gguf;
using Engine.HuggingFace.Families;
using static Engine.HuggingFace.Exporting.FamilyExport;

namespace Engine.HuggingFace.Exporting;

/// <summary>Exports Phi-3 under the names that transformers uses.</summary>
internal static class Phi3Export
{
    public static FamilyExport Phi3(GgufFile file)
    {
        var c = new ExportedConfig(file, "Phi3ForCausalLM", "phi3");
        (int d, int H) = (c.Number("embedding_length"), c.Number("attention.head_count"));
        int rotated = c.Number("rope.dimension_count", d / H);
        RopeSettings rope = RopeExport.Set(c, file, rotated, RopeImport.OfPhi3);
        var s = new Phi3Settings(
            c.V, d, c.Number("context_length"), c.Number("feed_forward_length"), c.Number("block_count"), H, c.Number("attention.head_count_kv", H), rotated,
            c.Float("attention.layer_norm_rms_epsilon"), rope, !Has(file, "output.weight"));
        c.Set(("hidden_size", s.d), ("intermediate_size", s.f), ("num_hidden_layers", s.N), ("num_attention_heads", s.H), ("num_key_value_heads", s.G), ("hidden_act", "silu"), ("max_position_embeddings", s.Positions),
            ("original_max_position_embeddings", rope.Kind == "longrope" ? rope.OriginalContext : s.Positions), ("rms_norm_eps", s.Epsilon), ("tie_word_embeddings", s.IsTied), ("sliding_window", null),
            ("attention_bias", false), ("partial_rotary_factor", Share(rotated, s.d_k)));
        var tensors = new TensorExport(file);
        Phi3Family.Map(s, tensors);
        return new FamilyExport(c.Json, tensors);
    }

    // transformers truncates the product to an integer.
    private static double Share(int rotated, int d_k)
    {
        double share = (double)rotated / d_k;
        return (int)(d_k * share) == rotated ? share : double.BitIncrement(share);
    }
}
