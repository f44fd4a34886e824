namespace ReferenceModels.Training;

/// <summary>What one step of the optimizer did.</summary>
/// <param name="Step">From 1.</param>
/// <param name="Loss">The loss of its batch before the step: Σ share·term.</param>
/// <param name="Terms">The terms' own losses, in the objective's order.</param>
/// <param name="LearningRate">The step's learning rate.</param>
/// <param name="GradientNorm">The norm before clipping.</param>
/// <param name="Tokens">Tokens in the step's examples.</param>
public sealed record TrainingStep(int Step, double Loss, IReadOnlyList<double> Terms, float LearningRate, double GradientNorm, long Tokens);
