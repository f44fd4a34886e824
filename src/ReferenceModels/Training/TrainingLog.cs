namespace ReferenceModels.Training;

/// <summary>What a run did so far.</summary>
public sealed class TrainingLog
{
    private const int StepFields = 5, ValidationFields = 2;   // in addition to the terms

    private readonly List<TrainingStep> _steps = [];
    private readonly List<Validation> _validations = [];

    /// <summary>Every step.</summary>
    public IReadOnlyList<TrainingStep> Steps => _steps;

    /// <summary>Every validation.</summary>
    public IReadOnlyList<Validation> Validations => _validations;

    internal void Add(TrainingStep step) => _steps.Add(step);

    internal void Add(Validation validation) => _validations.Add(validation);

    /// <summary>The log as a checkpoint stores it: rows of numbers, one after another.</summary>
    internal IEnumerable<(string Name, double[] Numbers)> ToNumbers()
    {
        yield return ("steps", [.. _steps.SelectMany(step => (double[])[step.Step, step.Loss, step.LearningRate, step.GradientNorm, step.Tokens, .. step.Terms])]);
        yield return ("validations", [.. _validations.SelectMany(one => (double[])[one.Step, one.Loss, .. one.Terms])]);
        yield return ("terms", [_steps.Count > 0 ? _steps[0].Terms.Count : 0]);
    }

    /// <summary>Restores the log from a checkpoint.</summary>
    internal void FromNumbers(Func<string, double[]> numbers)
    {
        _steps.Clear();
        _validations.Clear();
        int terms = (int)numbers("terms").FirstOrDefault();
        _steps.AddRange(numbers("steps").Chunk(StepFields + terms).Select(row =>
            new TrainingStep((int)row[0], row[1], row[StepFields..], (float)row[2], row[3], (long)row[4])));
        _validations.AddRange(numbers("validations").Chunk(ValidationFields + terms).Select(row =>
            new Validation((int)row[0], row[1], row[ValidationFields..])));
    }
}

/// <summary>The model's losses on the examples kept for validation.</summary>
/// <param name="Step">Steps completed by then.</param>
/// <param name="Loss">Σ share·term, over all of these examples.</param>
/// <param name="Terms">The terms' own losses.</param>
public sealed record Validation(int Step, double Loss, IReadOnlyList<double> Terms);
