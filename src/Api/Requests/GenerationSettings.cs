using Engine.Chat.Tools;
using Engine.Constraints;

namespace Engine.Api.Requests;

/// <summary>What a request asks of a generation besides its prompt, independent of the dialect.</summary>
internal sealed record GenerationSettings
{
    /// <summary>The maximum number of tokens; null for as many as the context holds.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How tokens are chosen; null values come from the model file, or else from the dialect's defaults.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>The dialect's defaults, for what neither the request nor the model file sets.</summary>
    public SamplingOptions Defaults { get; init; } = SamplingOptions.Default;

    /// <summary>Added to the logits of these ids.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<int, float>.Empty;

    /// <summary>What each answer must be; null for anything.</summary>
    public Constraint? Constraint { get; init; }

    /// <summary>The field of the request that says so; null for none.</summary>
    public string? ConstraintField { get; init; }

    /// <summary>Tools that the model may call; null for none.</summary>
    public ToolSet? Tools { get; init; }

    /// <summary>Whether keywords in the descriptions of a schema count; null to decide by the client.</summary>
    public bool? ReadsDescriptions { get; init; }

    /// <summary>Whether a constrained answer that nears its limit takes the shortest way to a complete end.</summary>
    public bool AlwaysValid { get; init; }

    /// <summary>Texts that end an answer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>The number of answers to one prompt. A given seed is the first answer's; each further one uses the next number.</summary>
    public int Answers { get; init; } = 1;

    /// <summary>The number of most probable tokens to return with each token's own log-probability; null for no log-probabilities.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>Whether the answers are verified against the reference: their tokens then carry the full logits of their steps.</summary>
    public bool Verify { get; init; }

    /// <summary>The same settings, with schemas interpreted the way the client means them.</summary>
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
