using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Objectives;

/// <summary>−Σ log P(target_t | tokens up to t), the targets being the tokens themselves, shifted by one: for a language model, and
/// with teacher forcing for an encoder–decoder's target (Williams and Zipser 1989, https://doi.org/10.1162/neco.1989.1.2.270).</summary>
internal sealed class NextToken : ILoss
{
    /// <inheritdoc/>
    public double Weigh(Example example) => example.Targets.Count(target => target != Example.Ignored);

    /// <inheritdoc/>
    public double Add(Example example, IAnswers answers, float scale) => answers.Tokens().CrossEntropy(example.Targets, scale);
}

/// <summary>−Σ log P(wᵢ | the tokens with those at the chosen positions masked), over the chosen positions i only.</summary>
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

/// <summary>−log P(whether the second sentence really follows).</summary>
internal sealed class NextSentence : ILoss
{
    /// <inheritdoc/>
    public double Weigh(Example example) => example.NextSentence == Example.Ignored ? 0 : 1;

    /// <inheritdoc/>
    public double Add(Example example, IAnswers answers, float scale) => answers.NextSentence().CrossEntropy((int[])[example.NextSentence], scale);
}

/// <summary>−Σ w[y]·log P(y | the text), y the class.</summary>
/// <param name="weights">w, one for each class; empty for 1 throughout. The mean is over the weights.</param>
internal sealed class Label(float[] weights) : ILoss
{
    /// <inheritdoc/>
    public double Weigh(Example example) => example.Label == Example.Ignored ? 0 : weights.Length == 0 ? 1 : weights[example.Label];

    /// <inheritdoc/>
    public double Add(Example example, IAnswers answers, float scale) => answers.Classes().CrossEntropy((int[])[example.Label], scale, weights);
}
