using Engine.Gguf;
using Engine.HuggingFace.Families;
using Engine.HuggingFace.Files;

namespace ReferenceModels.HuggingFace;

/// <summary>A checkpoint run as transformers runs it, under the weights' own names; a GGUF made from it is compared with this. Slow, for a few tokens.</summary>
internal abstract class TrainedNetwork
{
    /// <summary>The network of a configuration.</summary>
    /// <param name="settings">The settings in config.json.</param>
    /// <param name="checkpoint">The weights; must stay open while the network is used.</param>
    /// <param name="asTrained">Whether to compute as the model was trained where llama.cpp differs (GELU, the choice of longrope's factors).</param>
    /// <param name="written">The formats that matrices are rounded to, by name; null for no rounding.</param>
    public static TrainedNetwork Of(TrainedSettings settings, Checkpoint checkpoint, bool asTrained, IReadOnlyDictionary<string, GgmlType>? written = null)
    {
        var weights = new TrainedWeights(checkpoint, written);
        return settings switch
        {
            LlamaSettings llama => new TrainedLlama(llama, weights),
            GemmaSettings gemma => new TrainedGemma(gemma, weights),
            Phi3Settings phi3 => new TrainedPhi3(phi3, weights, asTrained),
            Gpt2Settings gpt2 => new TrainedGpt2(gpt2, weights),
            BertSettings bert => new TrainedBert(bert, weights, asTrained),
            T5Settings t5 => new TrainedT5(t5, weights),
            _ => throw new NotSupportedException($"Running a checkpoint: expected settings of a known family, found {settings.GetType().Name}."),
        };
    }

    /// <summary>Logits (T, V) of a decoder.</summary>
    /// <param name="tokens">(T).</param>
    /// <param name="source">The source of an encoder–decoder; otherwise empty.</param>
    public virtual float[] Logits(int[] tokens, int[] source) => throw new NotSupportedException("An encoder has no logits.");

    /// <summary>Rows (T, d) of an encoder, or of an encoder–decoder's encoder.</summary>
    public virtual float[] Rows(int[] tokens) => throw new NotSupportedException("A decoder is compared by its logits.");

    /// <summary>Scores of a classifier, from rows (T, d).</summary>
    public virtual float[] Scores(float[] rows) => throw new NotSupportedException("This model has no classifier.");
}
