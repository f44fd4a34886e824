using System.Text.Json;
using Engine.Gguf;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>The input from which a family makes its plan.</summary>
/// <param name="Folder">The folder that contains config.json.</param>
/// <param name="Config">The fields of config.json.</param>
/// <param name="Checkpoint">The weights.</param>
/// <param name="Type">The type in which matrices are written; null to write them as stored.</param>
internal sealed record FamilySource(ModelFolder Folder, JsonFields Config, Checkpoint Checkpoint, GgmlType? Type)
{
    // Fields of transformers' PretrainedConfig and of older files that do not change the computation: a model's origin, its training, sampling, and the names
    // of classes. The ids of special tokens are the tokenizer's concern.
    private static readonly string[] Neutral =
    [
        "_attn_implementation", "_attn_implementation_autoset", "_attn_implementation_internal", "_commit_hash", "_name_or_path", "attn_implementation", "bad_words_ids", "begin_suppress_tokens", "bos_token_id", "chunk_size_feed_forward", "classifier_dropout",
        "decoder_start_token_id", "diversity_penalty", "do_sample", "dtype", "early_stopping", "encoder_no_repeat_ngram_size", "eos_token_id",
        "exponential_decay_length_penalty", "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing", "id2label",
        "initializer_factor", "initializer_range", "label2id", "length_penalty", "max_length", "min_length", "model_type", "no_repeat_ngram_size",
        "num_beam_groups", "num_beams", "num_labels", "num_return_sequences", "output_attentions", "output_hidden_states", "output_past", "output_scores", "pad_token_id",
        "prefix", "pretraining_tp", "problem_type", "remove_invalid_values", "repetition_penalty", "return_dict", "return_dict_in_generate", "sep_token_id",
        "suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss", "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript",
        "transformers_version", "typical_p", "use_bfloat16", "use_cache", "unsloth_version", "unsloth_fixed",
    ];

    // Each of these changes what the model computes.
    private static readonly string[] Absent =
        ["quantization_config", "compression_config", "pruned_heads", "add_cross_attention", "cross_attention_hidden_size", "tie_encoder_decoder", "adapters", "is_decoder"];

    /// <summary>A map of the weights, from which the family requests what it needs.</summary>
    public TensorMap CreateTensors() => new(Checkpoint, Type);

    /// <summary>Refuses a checkpoint of another class than the family imports.</summary>
    public string RequireClass(params string[] known)
    {
        if (Config.Find("architectures") is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0)
        {
            return known[0];
        }
        string found = list[0].ToString();
        return known.Contains(found) ? found : throw Config.Refuse("architectures", known.Length == 1 ? known[0] : $"one of {string.Join(", ", known)}", $"'{found}'");
    }

    /// <summary>Accepts the fields that every configuration may have, refuses those that none may have, and then any field left over, by name.</summary>
    /// <param name="ownCode">Classes that transformers implements but that a family's folders also contain as Python code; <c>auto_map</c> may name these.</param>
    public void RequireAllKnown(params ReadOnlySpan<string> ownCode)
    {
        Config.Neutral(Neutral);
        RequireCode(ownCode);
        Config.RequireAbsent(Absent);
        Config.RequireAllKnown();
    }

    /// <summary>The number of rows of the token embedding, which may exceed the number of tokens.</summary>
    /// <param name="name">Hugging Face's name of the embedding.</param>
    /// <param name="absent">The value of an absent vocab_size; null if it is required.</param>
    public int EmbeddingRows(string name, int? absent = null)
    {
        int said = absent is { } rows ? Config.Positive("vocab_size", rows) : Config.Positive("vocab_size");
        return Checkpoint.Tensors.TryGetValue(name, out SafetensorsTensor? tensor) && tensor.Shape.Count == 2 && tensor.Shape[0] != said
            ? throw new ModelFileException($"Importing '{name}': expected {said} rows by vocab_size, {tensor.File.Name} has {tensor.Shape[0]}. config.json and the weights belong to different models.")
            : said;
    }

    // Code in the folder may compute anything, but a tokenizer's code is checked against the vocabulary.
    private void RequireCode(ReadOnlySpan<string> known)
    {
        if (Config.Find("auto_map") is not { } map || known.IsEmpty)
        {
            Config.RequireAbsent("auto_map");
            return;
        }
        JsonElement[] classes = map.ValueKind == JsonValueKind.Object ? [.. map.EnumerateObject().Where(entry => entry.Name != "AutoTokenizer").Select(entry => entry.Value)] : [map];
        foreach (JsonElement each in classes)
        {
            string name = each.ToString();
            if (!known.Contains(name[(name.LastIndexOf('.') + 1)..]))
            {
                throw Config.Refuse("auto_map", string.Join(" or ", known.ToArray()), $"'{name}'");
            }
        }
    }
}
