using Engine;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Heads;

/// <summary>
/// Which class an input belongs to. Computed from [CLS] and the pooler, as in BERT (Devlin et al. 2018,
/// https://arxiv.org/abs/1810.04805, section 4.1); from the last token, which has seen the whole text, as in GPT (Radford et al.
/// 2018, section 3.2); or from the mean of the rows.
/// </summary>
/// <param name="Pooling">Cls, Last or Mean.</param>
/// <param name="Pooler">tanh layer between [CLS] and the classes, or null.</param>
/// <param name="W">classifier.weight (n, d).</param>
/// <param name="b">classifier.bias (n), or null.</param>
internal sealed record ClassificationHead(Pooling Pooling, Pooler? Pooler, Weight W, Weight? b)
{
    /// <summary>Reads the head; null if the file has none.</summary>
    /// <param name="reader">The file of heads, at its root.</param>
    /// <param name="d">The model's embedding_length.</param>
    /// <param name="classes">n.</param>
    /// <param name="pooling">How the rows are reduced to one.</param>
    /// <param name="pooler">The file's pooler, which applies to [CLS].</param>
    public static ClassificationHead? Load(WeightReader reader, int d, int classes, Pooling pooling, Pooler? pooler) => !reader.Has("classifier.weight") ? null
        : new(pooling, pooling == Pooling.Cls ? pooler : null, reader.Matrix("classifier.weight", classes, d, "the number of labels and embedding_length"), reader.OptionalVector("classifier.bias", classes));

    /// <summary>(1, n) from the model's rows (T, d) of all tokens.</summary>
    public Tensor Forward(Pass pass, Tensor rows)
    {
        Tensor x = Pooling == Pooling.Mean ? TokenRows.Mean(pass, rows)
            : TokenRows.Take(pass, rows, [Pooling == Pooling.Last ? rows.Rows - 1 : 0]);
        return Linear.Forward(pass, W, b, Pooler?.Forward(pass, x) ?? x);
    }
}
