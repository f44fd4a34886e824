namespace Engine;

/// <summary>Asks for a continuation of a prompt.</summary>
public sealed record GenerateRequest
{
    /// <summary>The prompt (of the source, for an encoder–decoder).</summary>
    public required Prompt Prompt { get; init; }

    /// <summary>The maximum number of tokens to generate; null for as many as the context holds.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How the next token is chosen.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Added to the logits of these tokens before anything else is done with them; −∞ excludes a token. Empty for none.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<int, float>.Empty;

    /// <summary>What the answer must be; null for anything.</summary>
    public Constraint? Constraint { get; init; }

    /// <summary>With a <see cref="Constraint"/>: near <see cref="MaxTokens"/> or the end of the context, takes the shortest way to a complete answer.</summary>
    public bool AlwaysValid { get; init; }

    /// <summary>Texts that end the generation; they are not part of the answer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Continues after an end-of-generation token.</summary>
    public bool IgnoreEndOfGeneration { get; init; }

    /// <summary>Logits to return with each token: those it was sampled from.</summary>
    public StepLogits Logits { get; init; } = StepLogits.None;

    /// <summary>Entries in <see cref="GeneratedToken.TopK"/> with <see cref="StepLogits.TopK"/>.</summary>
    public int TopK { get; init; } = 20;

    /// <summary>How exactly to compute.</summary>
    public Numerics Numerics { get; init; } = Numerics.Production;

    /// <summary>How the reference backend computes; other backends have only one arithmetic and ignore it.</summary>
    /// <remarks>With <see cref="Arithmetic.Exact"/> and <see cref="Numerics.Production"/> it computes as the model was loaded: <see cref="ModelOptions.Arithmetic"/>.</remarks>
    public Arithmetic Arithmetic { get; init; } = Arithmetic.Exact;

    /// <summary>How long the request may take, queueing included; null for no limit. A request that exceeds it ends with <see cref="DeadlineExceededException"/>.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Sees every step, whatever <see cref="Logits"/> says; null for none. It is not passed to a model in another process.</summary>
    internal IStepTap? Tap { get; init; }
}

/// <summary>What a generated token carries of its step's logits, before any sampler has changed them.</summary>
public enum StepLogits
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The most probable tokens.</summary>
    TopK,

    /// <summary>All V logits.</summary>
    Full,
}
