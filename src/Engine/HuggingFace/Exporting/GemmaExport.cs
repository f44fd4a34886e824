using System.Text.Json.Nodes;
using Engine.Gguf;
using Engine.Gguf.Preflight;
using Engine.HuggingFace.Families;
using static Engine.HuggingFace.Exporting.FamilyExport;

namespace Engine.HuggingFace.Exporting;

/// <summary>Exports Gemma 2 and 3 in transformers' form, which stores w instead of 1 + w in every norm.</summary>
internal static class GemmaExport
{
    /// <summary>Exports a Gemma 2.</summary>
    public static FamilyExport Gemma2(GgufFile file)
    {
        var c = new ExportedConfig(file, "Gemma2ForCausalLM", "gemma2");
        GemmaSettings s = Read(c, file, GemmaFamily.Second, c.Number("attention.sliding_window", 4096));
        if (c.Float("rope.freq_base_swa", (float)s.Rope.Base) is var local && local != s.Rope.Base)
        {
            throw c.Refuse("rope.freq_base_swa", $"{s.Rope.Base}, as in the other layers", $"{local}");
        }
        c.Set(("attn_logit_softcapping", c.Float("attn_logit_softcapping", 50)), ("final_logit_softcapping", c.Float("final_logit_softcapping", 30)));
        return Export(c, s, file);
    }

    /// <summary>Exports a Gemma 3, as the model that reads only text.</summary>
    public static FamilyExport Gemma3(GgufFile file)
    {
        var c = new ExportedConfig(file, "Gemma3ForCausalLM", "gemma3", "gemma3_text");
        GemmaSettings s = Read(c, file, GemmaFamily.Third, c.Number("attention.sliding_window", 0)) with { NormalizesHeads = true, IsTied = !Has(file, "output.weight") };
        c.Set(("rope_local_base_freq", c.Float("rope.freq_base_swa", 10_000)), ("attn_logit_softcapping", null));
        double cap = c.Float("final_logit_softcapping", 0);
        c.Set(("final_logit_softcapping", cap == 0 ? null : cap));
        return Export(c, s, file);
    }

    private static FamilyExport Export(ExportedConfig c, GemmaSettings s, GgufFile file)
    {
        c.Set(("hidden_size", s.d), ("intermediate_size", s.f), ("num_hidden_layers", s.N), ("num_attention_heads", s.H), ("num_key_value_heads", s.G), ("head_dim", s.d_k),
            ("hidden_activation", "gelu_pytorch_tanh"), ("max_position_embeddings", s.Positions), ("rms_norm_eps", s.Epsilon), ("query_pre_attn_scalar", s.QueryScalar), ("attention_bias", false),
            ("sliding_window", s.Window > 0 ? s.Window : null), ("layer_types", new JsonArray([.. s.Local.Select(local => (JsonNode)(local ? GemmaFamily.Local : GemmaFamily.Global))])),
            ("tie_word_embeddings", s.IsTied));
        var tensors = new TensorExport(file);
        GemmaFamily.Map(s, tensors);
        return new FamilyExport(c.Json, tensors);
    }

    private static GemmaSettings Read(ExportedConfig c, GgufFile file, GemmaFamily.Kind kind, int window)
    {
        (int d, int H, int N) = (c.Number("embedding_length"), c.Number("attention.head_count"), c.Number("block_count"));
        int d_k = c.Number("attention.key_length", d / H);
        if (c.Number("rope.dimension_count", d_k) is var rotated && rotated != d_k)
        {
            throw c.Refuse("rope.dimension_count", $"{d_k}, the size of a head", $"{rotated}");
        }
        RopeSettings rope = RopeExport.Set(c, file, d_k, RopeImport.OfGemma);
        return new GemmaSettings(
            c.V, d, c.Number("context_length"), c.Number("feed_forward_length"), N, H, c.Number("attention.head_count_kv", H), d_k, c.Float("attention.layer_norm_rms_epsilon"), kind.QueryScalar(N, d, H, d_k), rope, rope,
            window, window == 0 ? new bool[N] : LocalLayers(file, N, kind.Period));
    }

    // The value is a list, or a number n that means all layers but every n-th; 0 means all.
    private static bool[] LocalLayers(GgufFile file, int N, int period)
    {
        const string Key = "attention.sliding_window_pattern";
        var numbers = new Hyperparameters(file);
        IReadOnlyList<long> given = numbers.PerLayer(Key) ?? [period];
        return numbers.IsListed(Key) ? [.. Enumerable.Range(0, N).Select(i => i < given.Count && given[i] != 0)]
            : [.. Enumerable.Range(0, N).Select(i => given[0] == 0 || i % given[0] < given[0] - 1)];
    }
}
