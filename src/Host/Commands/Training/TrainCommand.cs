using System.CommandLine;
using ReferenceModels.Training;

namespace Engine.Host.Commands.Training;

/// <summary><c>engine train</c>: a model learns from data.</summary>
internal sealed class TrainCommand
{
    private readonly InitialOptionGroup _initial = new();
    private readonly TrainOptionGroup _training = new();
    private readonly AdapterOptionGroup _adapter = new();
    private readonly Option<string?> _output = new("--out") { HelpName = "MODEL", Description = "The GGUF file to write, heads beside it, or the adapter's; it is replaced if it exists." };
    private readonly Option<string?> _plot = new("--plot") { HelpName = "SVG", Description = "An SVG plot of the losses to write." };
    private readonly Option<string?> _examples = new("--log-examples") { HelpName = "FILE", Description = "Writes what each step shows the model, as JSON lines: token ids, targets, classes." };
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document, with every step's loss." };

    public static Command Create() => new TrainCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("train", "Trains a model on your data and writes it as a GGUF file.")
        {
            // A checkpoint is written first.
            StopsWithin = null,
            Examples =
            [
                "engine train --from tiny.gguf --data stories.txt --out trained.gguf --steps 500",
                "engine train --model-shape shape.json --vocabulary-size 2000 --data stories.txt --out new.gguf --validation 0.05 --plot loss.svg",
                "engine train --from gpt2.gguf --objective joint --data labels.jsonl --out classifier.gguf --epochs 3 --checkpoint run.ckpt",
                "engine train --from llama-q8_0.gguf --data poems.txt --lora-rank 8 --out poems.gguf",
            ],
        };
        _initial.AddTo(verb);
        _training.AddTo(verb);
        _adapter.AddTo(verb);
        verb.AddGroup("Output", _output, _plot, _examples, _json);
        verb.SetAction(RunAsync);
        return verb;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken) => Task.Run(() => Run(parsed, cancellationToken), CancellationToken.None);

    private int Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        string output = parsed.GetValue(_output) ?? throw TrainOptionGroup.Missing("--out MODEL", "where the model goes");
        TrainOutputs files = Outputs(parsed, output);
        files.RequireWritable(_initial.Inputs(parsed).Concat(_training.Inputs(parsed)));
        string? checkpoint = _training.Resume(parsed);
        using InitialFile initial = _initial.Open(parsed, _training.Seed(parsed), () => _training.Records(parsed), cancellationToken);
        TrainingOptions options = _training.Read(parsed, initial.Path) with { LowRank = _adapter.Read(parsed, initial) };
        using var trainer = new Trainer(options);
        if (checkpoint is not null)
        {
            trainer.Resume(checkpoint);
        }
        foreach (string warning in ShortenedWarning.Describe(trainer.Shortened, trainer.Context))
        {
            Console.Error.WriteLine(warning);
        }
        if (trainer.AddedChatTemplate is not null)
        {
            string fate = _adapter.IsAsked(parsed) ? "An adapter contains no template, so 'generate --chat' will not know it" : "The trained file gets this template";
            Console.Error.WriteLine($"{(initial.IsTemporary ? "A new model" : Path.GetFileName(options.Model))} has no chat template: the conversations are shown to it as lines such as 'user: …' and 'assistant: …'. {fate}.");
        }
        using var progress = new TrainProgress(trainer.Steps);
        using ExampleLog? examples = files.Examples is { } log ? new ExampleLog(log, trainer, progress) : null;
        bool isInterrupted = false;
        try
        {
            IProgress<TrainingStep> listener = (IProgress<TrainingStep>?)examples ?? progress;
            if (files.Checkpoint is { } state)
            {
                state.Write(() => trainer.Run(listener, cancellationToken));
            }
            else
            {
                trainer.Run(listener, cancellationToken);
            }
            files.Model.Write(() => trainer.Save(output));
        }
        catch (OperationCanceledException)
        {
            isInterrupted = true;
        }
        progress.Dispose();
        TrainReport report = TrainReport.Of(options, output, trainer, isInterrupted, progress.Tokens, progress.Seconds);
        files.Plot?.Write(() => File.WriteAllText(files.Plot.Path, LossPlot.Draw(trainer.Log, $"{Path.GetFileName(output)}: {options.Objective.Name}")));
        Print(parsed, report);
        if (!isInterrupted)
        {
            return ExitCode.Pass;
        }
        Console.Error.WriteLine(options.Checkpoint is null
            ? $"Stopped at step {trainer.Step} of {trainer.Steps}; nothing was written. Give --checkpoint FILE to be able to resume."
            : $"Stopped at step {trainer.Step} of {trainer.Steps}; '{options.Checkpoint}' holds the state. Continue with the same options and --resume.");
        return ExitCode.Cancelled;
    }

    private void Print(ParseResult parsed, TrainReport report)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, report);
        }
        else if (!report.Interrupted)
        {
            output.Write(TrainText.Describe(report));
        }
    }

    private TrainOutputs Outputs(ParseResult parsed, string output) => new()
    {
        Model = new OutputFile(_adapter.IsAsked(parsed) ? "the adapter" : "the model", output, _output.Name),
        Checkpoint = _training.Checkpoint(parsed) is { } checkpoint ? new OutputFile("the checkpoint", checkpoint, "--checkpoint") : null,
        Plot = parsed.GetValue(_plot) is { } plot ? new OutputFile("the plot", plot, _plot.Name) { IsStream = true } : null,
        Examples = parsed.GetValue(_examples) is { } examples ? new OutputFile("the examples", examples, _examples.Name) { IsStream = true } : null,
    };
}
