using ReferenceModels.Training.Objectives;

namespace ReferenceModels.Training;

/// <summary>Everything that decides what a run does. Two runs with equal options end with equal weights.</summary>
public sealed record TrainingOptions
{
    /// <summary>The GGUF file to begin from: architecture, vocabulary, weights.</summary>
    public required string Model { get; init; }

    /// <summary>The file of records.</summary>
    public required string Data { get; init; }

    /// <summary>What is minimized.</summary>
    public required Objective Objective { get; init; }

    /// <summary>Steps of the optimizer; 0 for as many as <see cref="Epochs"/> need.</summary>
    public int Steps { get; init; }

    /// <summary>How often every example is visited, where no number of steps is given.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Examples evaluated together.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>Batches whose gradients are summed up for one step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Tokens of an example at the most; 0 for the model's context, up to 512.</summary>
    public int Context { get; init; }

    /// <summary>Peak of the learning rate.</summary>
    public float LearningRate { get; init; } = 5e-4f;

    /// <summary>What the learning rate comes down to, as a share of the peak.</summary>
    public float FinalLearningRate { get; init; } = 0.1f;

    /// <summary>Steps of the linear warm-up.</summary>
    public int Warmup { get; init; }

    /// <summary>λ of AdamW: for matrices only.</summary>
    public float WeightDecay { get; init; } = 0.01f;

    /// <summary>β₁ of AdamW.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>β₂ of AdamW.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>ε of AdamW.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>The largest norm of all gradients together; 0 for no limit.</summary>
    public float Clip { get; init; } = 1;

    /// <summary>Probability of an activation to be dropped.</summary>
    public float Dropout { get; init; }

    /// <summary>Of everything random: order, masks, drops, and the weights of a new model.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether each epoch has an order of its own; false takes the examples as they lie in the file.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>The line between two documents of a plain text.</summary>
    public string Separator { get; init; } = "<|endoftext|>";

    /// <summary>Threads; 0 for one per core.</summary>
    public int Threads { get; init; }
}
