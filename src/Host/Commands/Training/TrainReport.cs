using ReferenceModels.Training;
using ReferenceModels.Training.Data;

namespace Engine.Host.Commands.Training;

/// <summary>What <c>train --json</c> prints. Losses have full precision; a step's loss is the one before the step.</summary>
internal sealed record TrainReport
{
    public required string Output { get; init; }

    public required string Objective { get; init; }

    /// <summary>What was trained if it was not the model; null otherwise.</summary>
    public string? Adapter { get; init; }

    /// <summary>Steps done and asked for; fewer were done if the run was interrupted.</summary>
    public required int Step { get; init; }

    public required int Steps { get; init; }

    public required bool Interrupted { get; init; }

    public required int Examples { get; init; }

    public required int ValidationExamples { get; init; }

    /// <summary>Examples that were longer than the context and lost their ends.</summary>
    public required int Shortened { get; init; }

    /// <summary>Where these are: file and line.</summary>
    public required IReadOnlyList<ShortenedExample> ShortenedExamples { get; init; }

    public required int Context { get; init; }

    public required long Parameters { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public double? Loss { get; init; }

    public double? ValidationLoss { get; init; }

    /// <summary>Of this process only, without the earlier part of a resumed run.</summary>
    public required long Tokens { get; init; }

    public required double Seconds { get; init; }

    public required double TokensPerSecond { get; init; }

    /// <summary>Names of the objective's terms, in the order of <c>terms</c> below.</summary>
    public required IReadOnlyList<string> Terms { get; init; }

    public required IReadOnlyList<TrainingStep> Log { get; init; }

    public required IReadOnlyList<Validation> Validations { get; init; }

    public static TrainReport Of(TrainingOptions options, string output, Trainer trainer, bool interrupted, long tokens, double seconds) => new()
    {
        Output = output,
        Objective = options.Objective.Name,
        Adapter = options.LowRank?.ToString(),
        Step = trainer.Step,
        Steps = trainer.Steps,
        Interrupted = interrupted,
        Examples = trainer.Examples,
        ValidationExamples = trainer.ValidationExamples,
        Shortened = trainer.Shortened.Count,
        ShortenedExamples = trainer.Shortened,
        Context = trainer.Context,
        Parameters = trainer.Parameters,
        Labels = trainer.Labels,
        Loss = trainer.Log.Steps is [.., { } step] ? step.Loss : null,
        ValidationLoss = trainer.Log.Validations is [.., { } validation] ? validation.Loss : null,
        Tokens = tokens,
        Seconds = seconds,
        TokensPerSecond = seconds > 0 ? tokens / seconds : 0,
        Terms = [.. options.Objective.Terms.Select(term => term.Name)],
        Log = trainer.Log.Steps,
        Validations = trainer.Log.Validations,
    };
}
