using ReferenceModels.Training;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;

namespace Samples;

/// <summary>docs/training.md</summary>
public static class Training
{
    public static void Run(string model, string data, string output)
    {
        var options = new TrainingOptions
        {
            Model = model,
            Data = data,
            Steps = 20,
            Objective = Objective.Causal with { Name = "last-token", Terms = [new("last token", 1, new LastToken())] },
        };
        using var trainer = new Trainer(options);
        trainer.Run();
        trainer.Save(output);
    }
}

public sealed class LastToken : ILoss
{
    // What the sum is divided by.
    public double Weigh(Example example) => 1;

    // The sum; adds scale × its gradient to the gradients of the rows it looks at.
    public double Add(Example example, IAnswers answers, float scale)
    {
        int[] targets = [.. example.Targets.Select((target, i) => i == example.Targets.Length - 1 ? target : Example.Ignored)];
        return answers.Tokens().CrossEntropy(targets, scale);
    }
}
