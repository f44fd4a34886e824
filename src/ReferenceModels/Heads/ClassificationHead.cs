using Engine;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Heads;

/// <summary>
/// Of which class an input is. Over [CLS] and the pooler as BERT does it (Devlin et al. 2018, https://arxiv.org/abs/1810.04805,
/// section 4.1); over the last token, where all of the text was seen, as GPT does it (Radford et al. 2018, section 3.2); or
/// over the mean of the rows.
/// </summary>
/// <param name="Pooling">Cls, Last or Mean.</param>
/// <param name="Pooler">tanh layer over [CLS] under the classes, or null.</param>
/// <param name="W">classifier.weight (n, d).</param>
/// <param name="b">classifier.bias (n), or null.</param>
internal sealed record ClassificationHead(Pooling Pooling, Pooler? Pooler, Weight W, Weight? b)
{
    /// <summary>Null if the file has no such head.</summary>
    /// <param name="reader">The file of heads, at its root.</param>
    /// <param name="d">The model's embedding_length.</param>
    /// <param name="classes">n.</param>
    /// <param name="pooling">How the rows become one.</param>
    /// <param name="pooler">The file's; it is one over [CLS].</param>
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
