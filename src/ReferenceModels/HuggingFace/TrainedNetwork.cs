using Engine.Gguf;
using Engine.HuggingFace.Families;
using Engine.HuggingFace.Files;

namespace ReferenceModels.HuggingFace;

/// <summary>A checkpoint run as transformers runs it, by the weights' own names: what a GGUF made of it is judged by. Slow, for a few tokens.</summary>
internal abstract class TrainedNetwork
{
    /// <summary>The network of a configuration.</summary>
    /// <param name="settings">What config.json says.</param>
    /// <param name="checkpoint">The weights; open as long as the network is used.</param>
    /// <param name="asTrained">Whether what llama.cpp computes differently (GELU, which of longrope's factors apply) is computed as the model was trained.</param>
    /// <param name="written">What matrices are rounded to, by their names; null for nothing.</param>
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
    /// <param name="source">What an encoder–decoder answers to; empty elsewhere.</param>
    public virtual float[] Logits(int[] tokens, int[] source) => throw new NotSupportedException("An encoder has no logits.");

    /// <summary>Rows (T, d) of an encoder, or of an encoder–decoder's encoder.</summary>
    public virtual float[] Rows(int[] tokens) => throw new NotSupportedException("A decoder is compared by its logits.");

    /// <summary>Scores of a classifier, from rows (T, d).</summary>
    public virtual float[] Scores(float[] rows) => throw new NotSupportedException("This model has no classifier.");
}
