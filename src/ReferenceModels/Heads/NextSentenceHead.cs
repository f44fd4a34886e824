using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Heads;

/// <summary>
/// Whether the second sentence of a pair follows the first (Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1,
/// task 2; modeling_bert.py, BertForNextSentencePrediction): two logits from the pooled [CLS]. As there, the first means "it follows".
/// </summary>
/// <param name="Pooler">tanh layer over [CLS].</param>
/// <param name="W">next_sentence.weight (2, d).</param>
/// <param name="b">next_sentence.bias (2).</param>
internal sealed record NextSentenceHead(Pooler Pooler, Weight W, Weight b)
{
    /// <summary>Reads the head; null if the file has none.</summary>
    public static NextSentenceHead? Load(WeightReader reader, int d, Pooler? pooler) => !reader.Has("next_sentence.weight") ? null
        : new(pooler ?? Pooler.Load(reader, d), reader.Matrix("next_sentence.weight", 2, d, "is next and is not, embedding_length"), reader.Vector("next_sentence.bias", 2));

    /// <summary>(1, 2) from the model's rows (T, d) of all tokens.</summary>
    public Tensor Forward(Pass pass, Tensor rows) => Linear.Forward(pass, W, b, Pooler.Forward(pass, TokenRows.Take(pass, rows, [0])));
}
