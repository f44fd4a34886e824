using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Heads;

/// <summary>
/// Which token belongs at a masked position (Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1, task 1;
/// modeling_bert.py, BertLMPredictionHead): logits = E·norm(GELU(W x + b)) + c. E is the token embedding unless the head has
/// its own decoder.
/// </summary>
/// <param name="W">mask.dense.weight (d, d).</param>
/// <param name="b">mask.dense.bias (d).</param>
/// <param name="Gain">mask.norm.weight (d).</param>
/// <param name="Shift">mask.norm.bias (d).</param>
/// <param name="Epsilon">ε of the norm.</param>
/// <param name="E">mask.decoder.weight, or the model's token_embd.weight, (V, d).</param>
/// <param name="c">mask.decoder.bias (V).</param>
internal sealed record MaskedTokenHead(Weight W, Weight b, Weight Gain, Weight Shift, float Epsilon, Weight E, Weight c)
{
    /// <summary>Reads the head; null if the file has none.</summary>
    /// <param name="reader">The file of heads, at its root.</param>
    /// <param name="d">The model's embedding_length.</param>
    /// <param name="V">The model's vocabulary size.</param>
    /// <param name="epsilon">ε of the norm.</param>
    /// <param name="tied">Reads the model's token embedding.</param>
    public static MaskedTokenHead? Load(WeightReader reader, int d, int V, float epsilon, Func<Weight> tied)
    {
        if (!reader.Has("mask.dense.weight"))
        {
            return null;
        }
        WeightReader mask = reader.Enter("mask");
        const string Origin = "the model's embedding_length and vocabulary";
        return new(
            mask.Matrix("dense.weight", d, d, Origin), mask.Vector("dense.bias", d, Origin), mask.Vector("norm.weight", d, Origin), mask.Vector("norm.bias", d, Origin), epsilon,
            mask.OptionalMatrix("decoder.weight", V, d, Origin) ?? tied(), mask.Vector("decoder.bias", V, Origin));
    }

    /// <summary>The logits at some positions.</summary>
    /// <param name="pass">Memory, threads, tape.</param>
    /// <param name="rows">(T, d), the model's rows of all tokens.</param>
    /// <param name="positions">Which of them are masked.</param>
    /// <returns>(positions, V).</returns>
    public Tensor Forward(Pass pass, Tensor rows, ReadOnlySpan<int> positions)
    {
        Tensor x = TokenRows.Take(pass, rows, positions);                                      // (P, d)
        Tensor h = ErfGelu.Forward(pass, Linear.Forward(pass, W, b, x));                       // (P, d)
        return Linear.Forward(pass, E, c, LayerNorm.Forward(pass, h, Gain, Shift, Epsilon));   // (P, V)
    }
}
