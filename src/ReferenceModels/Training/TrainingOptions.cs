using Engine;
using ReferenceModels.Training.Adapters;
using ReferenceModels.Training.Objectives;

namespace ReferenceModels.Training;

/// <summary>Everything that decides what a run does. Two runs with equal options end with equal weights.</summary>
public sealed record TrainingOptions
{
    /// <summary>The GGUF file to start from: architecture, vocabulary, weights, and the file of heads next to it.</summary>
    public required string Model { get; init; }

    /// <summary>The file of records.</summary>
    public required string Data { get; init; }

    /// <summary>The objective to minimize.</summary>
    public required Objective Objective { get; init; }

    /// <summary>Trains an adapter and leaves the model unchanged; null trains the model.</summary>
    public LowRankOptions? LowRank { get; init; }

    /// <summary>Steps of the optimizer; null for as many as <see cref="Epochs"/> need.</summary>
    public int? Steps { get; init; }

    /// <summary>How often every example is visited if no number of steps is given.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Examples evaluated together.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>Batches whose gradients are accumulated for one step. Losses are means over all batches of a step together.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>The maximum number of tokens of an example; 0 for the model's context, up to 512.</summary>
    public int Context { get; init; }

    /// <summary>Peak of the learning rate.</summary>
    public float LearningRate { get; init; } = 5e-4f;

    /// <summary>The learning rate at the end, as a share of the peak; 1 keeps it constant.</summary>
    public float FinalLearningRate { get; init; } = 0.1f;

    /// <summary>Steps of the linear warm-up.</summary>
    public int Warmup { get; init; }

    /// <summary>λ of AdamW, applied to matrices only.</summary>
    public float WeightDecay { get; init; } = 0.01f;

    /// <summary>β₁ of AdamW.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>β₂ of AdamW.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>ε of AdamW.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>The largest norm of all gradients together; 0 for no limit.</summary>
    public float Clip { get; init; } = 1;

    /// <summary>Probability that an activation is dropped.</summary>
    public float Dropout { get; init; }

    /// <summary>Seed for all randomness: order, masks, dropout, and the weights of new heads.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether each epoch has its own order; false takes the examples in file order.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>The line that separates two documents in a plain text.</summary>
    public string Separator { get; init; } = "<|endoftext|>";

    /// <summary>The share of the examples kept for validation, drawn by the seed; 0 for none.</summary>
    public double ValidationShare { get; init; }

    /// <summary>A file of records for validation; null to use a share of the data.</summary>
    public string? ValidationData { get; init; }

    /// <summary>Steps between validations; 0 for a tenth of the run. There is also one before the first step and one after the last.</summary>
    public int ValidateEvery { get; init; }

    /// <summary>Where checkpoints are written; null for none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Steps between checkpoints. One is also written when the run is cancelled, and one after the last step.</summary>
    public int CheckpointEvery { get; init; } = 100;

    /// <summary>Threads; 0 for one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Refuses invalid numbers.</summary>
    /// <exception cref="InvalidRequestException">One is invalid.</exception>
    internal void Check()
    {
        Expect(Steps is null or >= 0, nameof(Steps), "0 or more", Steps);
        Expect(Epochs > 0 && double.IsFinite(Epochs), nameof(Epochs), "a number above 0", Epochs);
        Expect(Batch > 0, nameof(Batch), "1 or more", Batch);
        Expect(Accumulate > 0, nameof(Accumulate), "1 or more", Accumulate);
        Expect(Context >= 0, nameof(Context), "0 (the model's) or more", Context);
        Expect(LearningRate >= 0 && float.IsFinite(LearningRate), nameof(LearningRate), "a number from 0", LearningRate);
        Expect(FinalLearningRate is >= 0 and <= 1, nameof(FinalLearningRate), "a share from 0 to 1", FinalLearningRate);
        Expect(Warmup >= 0, nameof(Warmup), "0 or more", Warmup);
        Expect(WeightDecay >= 0 && float.IsFinite(WeightDecay), nameof(WeightDecay), "a number from 0", WeightDecay);
        Expect(Beta1 is >= 0 and < 1, nameof(Beta1), "0 to below 1", Beta1);
        Expect(Beta2 is >= 0 and < 1, nameof(Beta2), "0 to below 1", Beta2);
        Expect(Epsilon > 0, nameof(Epsilon), "a number above 0", Epsilon);
        Expect(Clip >= 0, nameof(Clip), "0 (none) or more", Clip);
        Expect(Dropout is >= 0 and < 1, nameof(Dropout), "0 to below 1", Dropout);
        Expect(ValidationShare is >= 0 and < 1, nameof(ValidationShare), "0 to below 1", ValidationShare);
        Expect(ValidateEvery >= 0, nameof(ValidateEvery), "0 or more", ValidateEvery);
        Expect(CheckpointEvery > 0, nameof(CheckpointEvery), "1 or more", CheckpointEvery);
        Expect(Threads >= 0, nameof(Threads), "0 (all cores) or more", Threads);

        LowRank?.Check();
        if (LowRank is not null && Objective.Heads != HeadKinds.None)
        {
            throw new UnsupportedRequestException(
                $"Training an adapter: expected an objective of the language model alone, found '{Objective.Name}', which needs a head, and an adapter's file has no place for one. Choose another objective, or train the model.");
        }

        static void Expect(bool holds, string name, string expected, object? found) => ValueRule.Require("Training", holds, name, expected, found);
    }
}
