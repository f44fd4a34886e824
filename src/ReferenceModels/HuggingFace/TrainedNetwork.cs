using Engine.HuggingFace.Families;
using Engine.HuggingFace.Files;

namespace ReferenceModels.HuggingFace;

/// <summary>A checkpoint run as transformers runs it, by the weights' own names: what a GGUF made of it is judged by. Slow, for a few tokens.</summary>
internal abstract class TrainedNetwork
{
    /// <summary>The network of a configuration.</summary>
    /// <param name="settings">What config.json says.</param>
    /// <param name="checkpoint">The weights; open as long as the network is used.</param>
    /// <param name="asTrained">Whether what llama.cpp computes otherwise (GELU) is computed as the model was trained.</param>
    public static TrainedNetwork Of(TrainedSettings settings, Checkpoint checkpoint, bool asTrained)
    {
        var weights = new TrainedWeights(checkpoint);
        return settings switch
        {
            LlamaSettings llama => new TrainedLlama(llama, weights),
            Gpt2Settings gpt2 => new TrainedGpt2(gpt2, weights),
            BertSettings bert => new TrainedBert(bert, weights, asTrained),
            T5Settings t5 => new TrainedT5(t5, weights),
            _ => throw new NotSupportedException($"Running a checkpoint: expected LLaMA, GPT-2, BERT or T5, found {settings.GetType().Name}."),
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
