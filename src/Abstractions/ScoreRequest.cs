namespace Engine;

/// <summary>Asks a model for the logits of given tokens.</summary>
public sealed record ScoreRequest
{
    /// <summary>The tokens (of the target, for an encoder–decoder: ids with the decoder's start token in front, or a text, before
    /// which it is put). T of them.</summary>
    public required Prompt Tokens { get; init; }

    /// <summary>The source of an encoder–decoder, which needs one; null for other architectures.</summary>
    public Prompt? Source { get; init; }

    /// <summary>The first position requested, from 0.</summary>
    public int FirstPosition { get; init; }

    /// <summary>The number of positions; null for all up to the last token.</summary>
    public int? PositionCount { get; init; }

    /// <summary>What is returned of each row.</summary>
    public ScoreForm Form { get; init; } = ScoreForm.Logits;

    /// <summary>Entries per row in <see cref="ScoreForm.TopK"/>.</summary>
    public int TopK { get; init; } = 20;

    /// <summary>The maximum number of rows in one block, so that a long text does not hold all its logits in memory at once.</summary>
    public int BlockRows { get; init; } = 64;

    /// <summary>How exactly to compute.</summary>
    public Numerics Numerics { get; init; } = Numerics.Production;

    /// <summary>How the reference backend computes; other backends have only one arithmetic and ignore it.</summary>
    /// <remarks>With <see cref="Arithmetic.Exact"/> and <see cref="Numerics.Production"/> it computes as the model was loaded: <see cref="ModelOptions.Arithmetic"/>.</remarks>
    public Arithmetic Arithmetic { get; init; } = Arithmetic.Exact;

    /// <summary>As <see cref="GenerateRequest.Deadline"/>.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>In <see cref="Activations"/>: every tensor of the pass.</summary>
    public const string AllActivations = "*";

    /// <summary>llama.cpp names of the activations to hand out as well, such as <c>l_out-0</c> or <c>result_norm</c>, or
    /// <see cref="AllActivations"/>. They come with the first block, for all T tokens, and need <see cref="FirstPosition"/> 0 and all positions.</summary>
    public IReadOnlyList<string> Activations { get; init; } = [];

    /// <summary>Another run's activations of the same tokens. After each op whose result is among them the model continues with that
    /// one in the place of its own, so that every op of this run is fed what the other run's was fed, and the activations handed
    /// out are what this model makes of those. Only models with <see cref="ModelCapabilities.Replay"/> can.</summary>
    public IReadOnlyList<Activation> Replay { get; init; } = [];
}

/// <summary>The form in which rows of logits come back.</summary>
public enum ScoreForm
{
    /// <summary>All V logits of each row.</summary>
    Logits,

    /// <summary>One number a row: the log-probability of the next token of the request. The last position has none.</summary>
    TargetLogProbability,

    /// <summary>The k largest log-probabilities of each row with their token ids.</summary>
    TopK,
}
