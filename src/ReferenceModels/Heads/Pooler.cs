using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Heads;

/// <summary>BERT's pooler (Devlin et al. 2018, https://arxiv.org/abs/1810.04805, the vector C of section 3; modeling_bert.py, BertPooler):
/// tanh(W x + b).</summary>
/// <param name="W">(d, d).</param>
/// <param name="b">(d).</param>
internal sealed record Pooler(Weight W, Weight b)
{
    /// <summary>Reads <c>pooler.weight</c> and <c>pooler.bias</c>, which all heads of a file share.</summary>
    /// <exception cref="Engine.ModelFileException">They are absent or have another shape.</exception>
    public static Pooler Load(WeightReader reader, int d) =>
        new(reader.Matrix("pooler.weight", d, d, "the model's embedding_length"), reader.Vector("pooler.bias", d));

    /// <summary>x, y (1, d).</summary>
    public Tensor Forward(Pass pass, Tensor x) => Tanh.Forward(pass, Linear.Forward(pass, W, b, x));
}
