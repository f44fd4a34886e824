using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Objectives;

/// <summary>−log P(the second sentence follows, or does not, as it is).</summary>
internal sealed class NextSentence : ILoss
{
    /// <inheritdoc/>
    public double Weigh(Example example) => example.NextSentence == Example.Ignored ? 0 : 1;

    /// <inheritdoc/>
    public double Add(Example example, IAnswers answers, float scale) => answers.NextSentence().CrossEntropy((int[])[example.NextSentence], scale);
}
