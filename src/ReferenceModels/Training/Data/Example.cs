using ReferenceModels.Ops;

namespace ReferenceModels.Training.Data;

/// <summary>One input of a model and the expected answers.</summary>
public sealed record Example
{
    /// <summary>A target that does not count.</summary>
    public const int Ignored = CrossEntropy.Ignored;

    /// <summary>(T) token ids; for an encoder–decoder, the input of its decoder.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>(T) for each token the id that the model should predict there, or <see cref="Ignored"/>; empty for no targets.</summary>
    public int[] Targets { get; init; } = [];

    /// <summary>(T) rows of the segment table; empty for row 0 throughout.</summary>
    public int[] Segments { get; init; } = [];

    /// <summary>(S) token ids of an encoder–decoder's source.</summary>
    public int[] Source { get; init; } = [];

    /// <summary>The class, from 0, or <see cref="Ignored"/>.</summary>
    public int Label { get; init; } = Ignored;

    /// <summary>0 if the second sentence follows the first, 1 if it does not, <see cref="Ignored"/> if there is no second.</summary>
    public int NextSentence { get; init; } = Ignored;

    /// <summary>The number of tokens in a pass, source and target together.</summary>
    internal int Length => Tokens.Length + Source.Length;
}
