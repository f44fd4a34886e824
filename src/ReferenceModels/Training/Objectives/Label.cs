using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Objectives;

/// <summary>−Σ w[y]·log P(y | the text), y the class.</summary>
/// <param name="weights">w, one for each class; empty for 1 throughout. The mean is over the weights.</param>
internal sealed class Label(float[] weights) : ILoss
{
    /// <inheritdoc/>
    public double Weigh(Example example) => example.Label == Example.Ignored ? 0 : weights.Length == 0 ? 1 : weights[example.Label];

    /// <inheritdoc/>
    public double Add(Example example, IAnswers answers, float scale) => answers.Classes().CrossEntropy((int[])[example.Label], scale, weights);
}
