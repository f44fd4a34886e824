using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Objectives;

/// <summary>−Σ log P(target_t | tokens up to t), the targets being the tokens themselves, one further: of a language model, and with
/// teacher forcing of an encoder–decoder's target (Williams and Zipser 1989, https://doi.org/10.1162/neco.1989.1.2.270).</summary>
internal sealed class NextToken : ILoss
{
    /// <inheritdoc/>
    public double Weigh(Example example) => example.Targets.Count(target => target != Example.Ignored);

    /// <inheritdoc/>
    public double Add(Example example, IAnswers answers, float scale) => answers.Tokens().CrossEntropy(example.Targets, scale);
}
