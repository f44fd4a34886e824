using System.Text.Json.Nodes;
using Engine.Gguf;
using Engine.HuggingFace.Families;

namespace Engine.HuggingFace.Exporting;

/// <summary>A GGUF file in transformers' form: its configuration and its weights.</summary>
/// <param name="Config">config.json.</param>
/// <param name="Tensors">The weights.</param>
/// <param name="Pooling">sentence-transformers' name of the file's pooling; null for none.</param>
internal sealed record FamilyExport(JsonObject Config, TensorExport Tensors, string? Pooling = null)
{
    private static readonly Dictionary<string, Func<GgufFile, FamilyExport>> Known = new(StringComparer.Ordinal)
    {
        ["bert"] = Bert,
        ["gemma2"] = GemmaExport.Gemma2,
        ["gemma3"] = GemmaExport.Gemma3,
        ["gpt2"] = Gpt2,
        ["llama"] = RotaryExport.Llama,
        ["phi3"] = Phi3Export.Phi3,
        ["qwen2"] = RotaryExport.Qwen2,
        ["qwen3"] = RotaryExport.Qwen3,
        ["qwen3moe"] = RotaryExport.Qwen3Moe,
        ["t5"] = T5,
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelFileException">The architecture cannot be exported, or the file has something that transformers' model lacks.</exception>
    public static FamilyExport Of(GgufFile file)
    {
        string architecture = file.Metadata.RequireString(GgufKeys.Architecture);
        if (!Known.TryGetValue(architecture, out Func<GgufFile, FamilyExport>? read))
        {
            throw new ModelFileException($"Exporting {file.FileName}: expected a file of {string.Join(", ", Known.Keys)}, found '{architecture}'. "
                + (architecture == "transformer" ? "transformers has no class for the Transformer of 2017 as it is trained here." : "It cannot be exported."));
        }
        FamilyExport export = read(file);
        export.Tensors.RequireAllUsed();
        return export;
    }

    private static FamilyExport Gpt2(GgufFile file)
    {
        var c = new ExportedConfig(file, "GPT2LMHeadModel", "gpt2");
        var s = new Gpt2Settings(
            c.V, c.Number("embedding_length"), c.Number("context_length"), c.Number("feed_forward_length"), c.Number("block_count"), c.Number("attention.head_count"),
            c.Float("attention.layer_norm_epsilon"), "transformer.", !Has(file, "output.weight"));
        c.Set(("n_embd", s.d), ("n_positions", s.Positions), ("n_inner", s.f), ("n_layer", s.N), ("n_head", s.H), ("activation_function", "gelu_new"),
            ("layer_norm_epsilon", c.Float("attention.layer_norm_epsilon")), ("tie_word_embeddings", s.IsTied));
        var tensors = new TensorExport(file);
        Gpt2Family.Map(s, tensors);
        return new FamilyExport(c.Json, tensors);
    }

    private static FamilyExport Bert(GgufFile file)
    {
        bool classifies = Has(file, "cls.output.weight");
        var c = new ExportedConfig(file, classifies ? "BertForSequenceClassification" : "BertModel", "bert");
        var s = new BertSettings(
            c.V, c.Number("embedding_length"), c.Number("context_length"), c.Number("feed_forward_length"), c.Number("block_count"), c.Number("attention.head_count"),
            (int)file.Metadata.RequireUInt32(GgufKeys.TokenTypeCount), c.Float("attention.layer_norm_epsilon"), ExactGelu: false, classifies ? "bert." : "");
        c.Set(("hidden_size", s.d), ("max_position_embeddings", s.Positions), ("intermediate_size", s.f), ("num_hidden_layers", s.N), ("num_attention_heads", s.H), ("type_vocab_size", s.S),
            ("layer_norm_eps", c.Float("attention.layer_norm_epsilon")), ("hidden_act", "gelu_pytorch_tanh"), ("position_embedding_type", "absolute"));
        var tensors = new TensorExport(file);
        BertFamily.Map(s, tensors);
        if (classifies)
        {
            IReadOnlyList<string> labels = GgufUsage.ClassLabels(file.Metadata) is { Count: > 0 } named ? named : ["LABEL_0"];
            BertFamily.MapClassifier(s, labels.Count, tensors);
            c.Set(("id2label", new JsonObject(labels.Select((label, i) => KeyValuePair.Create($"{i}", (JsonNode?)label)))));
        }
        return new FamilyExport(c.Json, tensors, classifies ? null : GgufUsage.Pooling(file.Metadata) switch
        {
            Engine.Pooling.Mean => "pooling_mode_mean_tokens",
            Engine.Pooling.Cls => "pooling_mode_cls_token",
            Engine.Pooling.Last => "pooling_mode_lasttoken",
            _ => null,
        });
    }

    private static FamilyExport T5(GgufFile file)
    {
        var c = new ExportedConfig(file, "T5ForConditionalGeneration", "t5");
        (int d, int N) = (c.Number("embedding_length"), c.Number("block_count"));
        // With a tied head, transformers multiplies the head's input by 1/√d. The gain of the norm before it is multiplied by √d, if floats can represent that.
        bool tied = !Has(file, "output.weight")
            && file.FindTensor("dec.output_norm.weight") is { } norm && TensorExport.Floats(file, norm).All(gain => TensorExport.Unscaled(gain, 1 / Math.Sqrt(d)) is not null);
        var s = new T5Settings(
            c.V, d, c.Number("context_length"), c.Number("feed_forward_length"), N, c.Number("decoder_block_count", N), c.Number("attention.head_count"), c.Number("attention.key_length", d / c.Number("attention.head_count")),
            c.Number("attention.relative_buckets_count"), c.Float("attention.layer_norm_rms_epsilon"), Has(file, "enc.blk.0.ffn_gate.weight"), tied,
            (int)(file.Metadata.GetUInt32("t5.decoder_start_token_id") ?? 0));
        c.Set(("d_model", s.d), ("n_positions", s.Positions), ("d_ff", s.f), ("d_kv", s.d_k), ("num_layers", s.N), ("num_decoder_layers", s.M), ("num_heads", s.H), ("relative_attention_num_buckets", s.Buckets),
            ("relative_attention_max_distance", 128), ("layer_norm_epsilon", c.Float("attention.layer_norm_rms_epsilon")), ("feed_forward_proj", s.IsGated ? "gated-gelu" : "relu"), ("is_encoder_decoder", true),
            ("tie_word_embeddings", s.IsTied), ("decoder_start_token_id", s.StartToken));
        var tensors = new TensorExport(file);
        T5Family.Map(s, tensors);
        return new FamilyExport(c.Json, tensors);
    }

    /// <summary>Whether a file has a tensor.</summary>
    public static bool Has(GgufFile file, string name) => file.FindTensor(name) is not null;
}
