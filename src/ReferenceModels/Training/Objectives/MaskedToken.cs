using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Objectives;

/// <summary>−Σ log P(wᵢ | the tokens with those at the chosen positions masked), over the chosen positions i alone.</summary>
internal sealed class MaskedToken : ILoss
{
    /// <inheritdoc/>
    public double Weigh(Example example) => example.Targets.Count(target => target != Example.Ignored);

    /// <inheritdoc/>
    public double Add(Example example, IAnswers answers, float scale)
    {
        int[] positions = [.. Enumerable.Range(0, example.Targets.Length).Where(i => example.Targets[i] != Example.Ignored)];
        return answers.MaskedTokens(positions).CrossEntropy((int[])[.. positions.Select(i => example.Targets[i])], scale);
    }
}
