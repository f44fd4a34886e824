namespace ReferenceModels.Training;

/// <summary>What one step of the optimizer did.</summary>
/// <param name="Step">From 1.</param>
/// <param name="Loss">Before the step, of its batch: Σ share·term.</param>
/// <param name="Terms">The terms' own losses, in the objective's order.</param>
/// <param name="LearningRate">Of the step.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="Tokens">Tokens of the step's examples.</param>
public sealed record TrainingStep(int Step, double Loss, IReadOnlyList<double> Terms, float LearningRate, double GradientNorm, long Tokens);
