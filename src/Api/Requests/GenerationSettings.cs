using Engine.Chat.Tools;
using Engine.Constraints;

namespace Engine.Api.Requests;

/// <summary>What a request asks of a generation beside its prompt, in whatever dialect it was said.</summary>
internal sealed record GenerationSettings
{
    /// <summary>Tokens at the most; null for as many as the context holds.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How tokens are chosen; null values are the model file's, and where that is silent the dialect's.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>What the dialect's clients rely on where neither they nor the model's file say anything.</summary>
    public SamplingOptions Defaults { get; init; } = SamplingOptions.Default;

    /// <summary>Added to the logits of these ids.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<int, float>.Empty;

    /// <summary>What each answer must be; null for anything.</summary>
    public Constraint? Constraint { get; init; }

    /// <summary>The field of the request that says so; null for none.</summary>
    public string? ConstraintField { get; init; }

    /// <summary>Tools that the model may call; null for none.</summary>
    public ToolSet? Tools { get; init; }

    /// <summary>Whether keywords that stand in the descriptions of a schema count; null for as the client is known to write them.</summary>
    public bool? ReadsDescriptions { get; init; }

    /// <summary>Whether a constrained answer that nears its limit takes the shortest way to an end that is whole.</summary>
    public bool AlwaysValid { get; init; }

    /// <summary>Texts that end an answer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Answers to one prompt. A seed is the first one's; each further one has the next.</summary>
    public int Answers { get; init; } = 1;

    /// <summary>How many of the most probable tokens come with each token's own log-probability; null for no log-probabilities.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>Whether the answers are judged by the reference: their tokens then carry all logits of their steps.</summary>
    public bool Verify { get; init; }

    /// <summary>The same with schemas read as the client means them.</summary>
    /// <param name="client">The header <c>User-Agent</c>.</param>
    public GenerationSettings AsMeantBy(string? client)
    {
        var conventions = new SchemaConventions(ReadsDescriptions ?? AnswerForms.WritesDescriptions(client), AnswerForms.HasLocalTimes(client));
        return conventions == default ? this : this with
        {
            Constraint = Constraint is JsonSchemaConstraint schema ? schema with { ReadsDescriptions = conventions.Descriptions, LocalTimes = conventions.LocalTimes } : Constraint,
            Tools = Tools is null ? null : Tools with { Conventions = conventions },
        };
    }

    /// <summary>One request of the model for each answer.</summary>
    /// <param name="prompt">The prompt they share.</param>
    /// <param name="model">The model's facts.</param>
    /// <param name="deadline">The time each may take; null for as long as it needs.</param>
    public IReadOnlyList<GenerateRequest> For(Prompt prompt, ModelCard model, TimeSpan? deadline)
    {
        SamplingOptions sampling = Sampling.WithDefaults(model.Sampling).WithDefaults(Defaults);
        var first = new GenerateRequest
        {
            Prompt = prompt,
            MaxTokens = MaxTokens,
            Sampling = sampling,
            LogitBias = LogitBias,
            Constraint = Constraint,
            AlwaysValid = AlwaysValid,
            Stop = Stop,
            Logits = Verify ? StepLogits.Full : TopLogprobs is null ? StepLogits.None : StepLogits.TopK,
            TopK = Math.Max(1, TopLogprobs ?? 1),
            Deadline = deadline,
        };
        return Answers == 1 ? [first] : [.. Enumerable.Range(0, Answers).Select(i =>
            first with { Sampling = sampling with { Seed = unchecked(sampling.Seed + (ulong)i) } })];
    }
}
