using System.CommandLine;
using System.Globalization;
using ReferenceModels.Training;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;

namespace Engine.Host.Commands.Training;

/// <summary>The options of a run.</summary>
internal sealed class TrainOptionGroup
{
    private readonly Option<string?> _data = new("--data") { HelpName = "FILE", Description = "Text, documents separated by lines <|endoftext|>; or JSON lines where the name ends in .jsonl: text, source and target, first and second, label, messages." };
    private readonly Option<string> _objective = ChoiceOption.Create("--objective", "What is learned.", [.. Objective.Names]);
    private readonly Option<float> _lambda = NumberOption.Create("--lambda", 0f, 100f, 0.5f, "Share of the language model in the joint loss.");
    private readonly Option<string> _separator = new("--separator") { HelpName = "LINE", Description = "The line between documents of a text; '' for a blank line. Default <|endoftext|>.", DefaultValueFactory = _ => "<|endoftext|>" };
    private readonly Option<string?> _validation = new("--validation") { HelpName = "SHARE|FILE", Description = "A share of the data, such as 0.05, or a separate file. Default: none." };
    private readonly Option<int?> _steps = NumberOption.CreateOptional("--steps", 0, int.MaxValue, "Steps of the optimizer; 0 writes the model as it begins. Default: as --epochs need.");
    private readonly Option<double> _epochs = NumberOption.Create("--epochs", 0.001, 1e6, 1.0, "How often every example is visited.");
    private readonly Option<int> _batch = NumberOption.Create("--batch", 1, 4096, 8, "Examples evaluated together.");
    private readonly Option<int> _accumulate = NumberOption.Create("--accumulate", 1, 4096, 1, "Batches for one step.");
    private readonly Option<int?> _context = NumberOption.CreateOptional("--context", 1, 1 << 20, "Maximum number of tokens of an example. Default: the model's, up to 512.");
    private readonly Option<bool> _noShuffle = new("--no-shuffle") { Description = "Takes the examples in the file's order, epoch after epoch." };
    private readonly Option<ulong> _seed = NumberOption.Create("--seed", 0UL, ulong.MaxValue, 1UL, "Seed for everything random.");
    private readonly Option<int?> _threads = NumberOption.CreateOptional("--threads", 1, 512, "Threads of the computation. Default: one per core.");
    private readonly Option<float> _rate = NumberOption.Create("--lr", 0f, 10f, 5e-4f, "Peak of the learning rate.");
    private readonly Option<float> _finalRate = NumberOption.Create("--final-lr", 0f, 1f, 0.1f, "Where half a cosine takes it, as a share of the peak; 1 keeps it constant.");
    private readonly Option<int> _warmup = NumberOption.Create("--warmup", 0, int.MaxValue, 0, "Steps of the linear warm-up.");
    private readonly Option<float> _decay = NumberOption.Create("--weight-decay", 0f, 1f, 0.01f, "AdamW's, for matrices and embeddings; gains and biases have none.");
    private readonly Option<float> _beta1 = NumberOption.Create("--beta1", 0f, 0.9999f, 0.9f, "AdamW's memory of gradients.");
    private readonly Option<float> _beta2 = NumberOption.Create("--beta2", 0f, 0.99999f, 0.999f, "AdamW's memory of their squares.");
    private readonly Option<float> _clip = NumberOption.Create("--clip", 0f, 1e6f, 1f, "The largest norm of all gradients together; 0 for no limit.");
    private readonly Option<float> _dropout = NumberOption.Create("--dropout", 0f, 0.99f, 0f, "Probability that an activation is dropped.");
    private readonly Option<string?> _checkpoint = new("--checkpoint") { HelpName = "FILE", Description = "Where the state of the run is kept, so that an interrupted run can be resumed." };
    private readonly Option<int> _checkpointEvery = NumberOption.Create("--checkpoint-every", 1, int.MaxValue, 100, "Steps from one checkpoint to the next.");
    private readonly Option<bool> _resume = new("--resume") { Description = "Continues from the checkpoint, with the options that the run began with." };

    public void AddTo(Verb verb)
    {
        verb.AddGroup("Data and objective", _data, _separator, _objective, _lambda, _validation);
        verb.AddGroup("Run", _steps, _epochs, _batch, _accumulate, _context, _noShuffle, _seed, _threads, _checkpoint, _checkpointEvery, _resume);
        verb.AddGroup("Optimization", _rate, _finalRate, _warmup, _decay, _beta1, _beta2, _clip, _dropout);
    }

    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public IReadOnlyList<Record> Records(ParseResult parsed) => new RecordFile { Separator = parsed.GetValue(_separator)! }.Read(Data(parsed));

    /// <summary>The files it reads, with what names them.</summary>
    public IEnumerable<(string? Path, string Option)> Inputs(ParseResult parsed) =>
        new[] { _data, _validation }.Select(option => (parsed.GetValue(option), option.Name));

    public string? Checkpoint(ParseResult parsed) => parsed.GetValue(_checkpoint);

    /// <summary>The checkpoint to continue from; null for a new run.</summary>
    /// <exception cref="InvalidRequestException">There is no checkpoint, or a new run would overwrite one.</exception>
    public string? Resume(ParseResult parsed)
    {
        string? path = parsed.GetValue(_checkpoint);
        if (!parsed.GetValue(_resume))
        {
            return path is null || !File.Exists(path) ? null : throw new InvalidRequestException(
                $"Beginning a training: expected no file as --checkpoint, found '{path}', which would be overwritten. Continue from it with --resume, or remove it.");
        }
        path ??= "";
        return File.Exists(path) ? path : throw new InvalidRequestException(
            $"Resuming a training: expected a checkpoint, found {(path.Length == 0 ? "no --checkpoint FILE" : $"no file '{path}'")}. Give the file that the run wrote, or leave out --resume.");
    }

    public TrainingOptions Read(ParseResult parsed, string model)
    {
        string? validation = parsed.GetValue(_validation);
        bool isShare = double.TryParse(validation, NumberStyles.Float, CultureInfo.InvariantCulture, out double share);
        if (isShare && share is not (> 0 and < 1))
        {
            throw new InvalidRequestException($"--validation: expected a share between 0 and 1 or a file, found '{validation}'. Correct the option.");
        }
        return new TrainingOptions
        {
            Model = model,
            Data = Data(parsed),
            Objective = Objective.Of(parsed.GetValue(_objective)!, parsed.GetValue(_lambda)),
            Separator = parsed.GetValue(_separator)!,
            ValidationShare = isShare ? share : 0,
            ValidationData = isShare ? null : validation,
            Steps = parsed.GetValue(_steps),
            Epochs = parsed.GetValue(_epochs),
            Batch = parsed.GetValue(_batch),
            Accumulate = parsed.GetValue(_accumulate),
            Context = parsed.GetValue(_context) ?? 0,
            Shuffle = !parsed.GetValue(_noShuffle),
            Seed = parsed.GetValue(_seed),
            Threads = parsed.GetValue(_threads) ?? 0,
            LearningRate = parsed.GetValue(_rate),
            FinalLearningRate = parsed.GetValue(_finalRate),
            Warmup = parsed.GetValue(_warmup),
            WeightDecay = parsed.GetValue(_decay),
            Beta1 = parsed.GetValue(_beta1),
            Beta2 = parsed.GetValue(_beta2),
            Clip = parsed.GetValue(_clip),
            Dropout = parsed.GetValue(_dropout),
            Checkpoint = parsed.GetValue(_checkpoint),
            CheckpointEvery = parsed.GetValue(_checkpointEvery),
        };
    }

    private string Data(ParseResult parsed) => parsed.GetValue(_data) ?? throw Missing("data to learn from (--data FILE)", "none");

    public static InvalidRequestException Missing(string expected, string found) =>
        new($"Training: expected {expected}, found {found}. See '{CommandPath.Program} train --help'.");
}
