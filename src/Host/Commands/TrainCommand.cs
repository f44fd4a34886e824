using System.CommandLine;
using System.Diagnostics;
using ReferenceModels.Training;
using ReferenceModels.Training.Objectives;

namespace Engine.Host.Commands;

/// <summary><c>engine train</c>: a model learns from data.</summary>
internal sealed class TrainCommand
{
    private readonly Option<string?> _from = new("--from") { HelpName = "MODEL", Description = "The GGUF file to begin from." };
    private readonly Option<string?> _data = new("--data") { HelpName = "FILE", Description = "Text, or JSON lines where the name ends in .jsonl." };
    private readonly Option<string?> _output = new("--out") { HelpName = "MODEL", Description = "The GGUF file to write; it is replaced where it exists." };
    private readonly Option<int> _steps = NumberOption.Create("--steps", 0, int.MaxValue, 0, "Steps of the optimizer; 0 for as many as --epochs need.");
    private readonly Option<double> _epochs = NumberOption.Create("--epochs", 0.001, 1e6, 1.0, "How often every example is visited.");
    private readonly Option<int> _batch = NumberOption.Create("--batch", 1, 4096, 8, "Examples evaluated together.");
    private readonly Option<int> _accumulate = NumberOption.Create("--accumulate", 1, 4096, 1, "Batches for one step.");
    private readonly Option<int?> _context = NumberOption.CreateOptional("--context", 1, 1 << 20, "Tokens of an example at the most. Default: the model's, up to 512.");
    private readonly Option<float> _rate = NumberOption.Create("--lr", 0f, 10f, 5e-4f, "Peak of the learning rate.");
    private readonly Option<float> _finalRate = NumberOption.Create("--final-lr", 0f, 1f, 0.1f, "What the learning rate comes down to, as a share of its peak.");
    private readonly Option<int> _warmup = NumberOption.Create("--warmup", 0, int.MaxValue, 0, "Steps of the linear warm-up.");
    private readonly Option<float> _decay = NumberOption.Create("--weight-decay", 0f, 1f, 0.01f, "AdamW's weight decay, for matrices only.");
    private readonly Option<float> _clip = NumberOption.Create("--clip", 0f, 1e6f, 1f, "The largest norm of all gradients together; 0 for no limit.");
    private readonly Option<float> _dropout = NumberOption.Create("--dropout", 0f, 0.99f, 0f, "Probability of an activation to be dropped.");
    private readonly Option<ulong> _seed = NumberOption.Create("--seed", 0UL, ulong.MaxValue, 1UL, "Of everything random.");
    private readonly Option<bool> _noShuffle = new("--no-shuffle") { Description = "Takes the examples as they lie in the file, epoch after epoch." };
    private readonly Option<int?> _threads = NumberOption.CreateOptional("--threads", 1, 512, "Threads of the computation. Default: one per core.");

    public static Command Create() => new TrainCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("train", "Trains a model on your data and writes it as a GGUF file.")
        {
            Examples = ["engine train --from tiny.gguf --data stories.txt --out trained.gguf --steps 500 --lr 1e-3"],
        };
        verb.AddGroup("Model and data", _from, _data, _output);
        verb.AddGroup("Run", _steps, _epochs, _batch, _accumulate, _context, _noShuffle, _seed, _threads);
        verb.AddGroup("Optimization", _rate, _finalRate, _warmup, _decay, _clip, _dropout);
        verb.SetAction(Run);
        return verb;
    }

    private int Run(ParseResult parsed)
    {
        var options = new TrainingOptions
        {
            Model = parsed.GetValue(_from)!,
            Data = parsed.GetValue(_data)!,
            Objective = Objective.Causal,
            Steps = parsed.GetValue(_steps),
            Epochs = parsed.GetValue(_epochs),
            Batch = parsed.GetValue(_batch),
            Accumulate = parsed.GetValue(_accumulate),
            Context = parsed.GetValue(_context) ?? 0,
            LearningRate = parsed.GetValue(_rate),
            FinalLearningRate = parsed.GetValue(_finalRate),
            Warmup = parsed.GetValue(_warmup),
            WeightDecay = parsed.GetValue(_decay),
            Clip = parsed.GetValue(_clip),
            Dropout = parsed.GetValue(_dropout),
            Seed = parsed.GetValue(_seed),
            Shuffle = !parsed.GetValue(_noShuffle),
            Threads = parsed.GetValue(_threads) ?? 0,
        };
        using var trainer = new Trainer(options);
        long tokens = 0, begin = Stopwatch.GetTimestamp();
        while (trainer.Step < trainer.Steps)
        {
            TrainingStep step = trainer.Advance();
            tokens += step.Tokens;
            Console.Error.WriteLine($"{step.Step} {step.Loss:F6} {tokens / Stopwatch.GetElapsedTime(begin).TotalSeconds:F0} tokens/s");
        }
        trainer.Save(parsed.GetValue(_output)!);
        return ExitCode.Pass;
    }
}
