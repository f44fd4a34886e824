using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Objectives;

/// <summary>What a training minimizes: Σ share·loss over its terms, and how examples are made for them.</summary>
public sealed record Objective
{
    /// <summary>As on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>The losses and the share of each.</summary>
    public required IReadOnlyList<Term> Terms { get; init; }

    /// <summary>Makes examples of records.</summary>
    public required Func<IReadOnlyList<Record>, ExampleReading, IExamples> Examples { get; init; }

    /// <summary>
    /// Causal language modelling, L_PT = −Σ log P(wᵢ | w₀ … wᵢ₋₁) (Radford et al. 2019, "Language Models are Unsupervised Multitask
    /// Learners"; Touvron et al. 2023, https://arxiv.org/abs/2302.13971), as a mean over the tokens.
    /// </summary>
    public static Objective Causal { get; } = new()
    {
        Name = "causal",
        Terms = [new Term("loss", 1, new NextToken())],
        Examples = (records, reading) => new PackedText(records.Select(reading.Document), reading.Context),
    };

    /// <summary>One loss of an objective.</summary>
    /// <param name="Name">In logs.</param>
    /// <param name="Share">What it is multiplied by.</param>
    /// <param name="Loss">The loss.</param>
    public sealed record Term(string Name, float Share, ILoss Loss);
}
