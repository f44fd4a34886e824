using System.CommandLine;
using System.CommandLine.Help;
using Engine.Host.Commands;
using Engine.Host.Commands.Benchmarking;
using Engine.Host.Commands.Completion;
using Engine.Host.Commands.Diagnosis;
using Engine.Host.Commands.Embedding;
using Engine.Host.Commands.Generating;
using Engine.Host.Commands.Importing;
using Engine.Host.Commands.Inspection;
using Engine.Host.Commands.Quantizing;
using Engine.Host.Commands.Reporting;
using Engine.Host.Commands.Serving;
using Engine.Host.Commands.Tokenization;
using Engine.Host.Commands.Training;
using Engine.Host.Commands.Validating;

namespace Engine.Host;

/// <summary>The command <c>engine</c> with all its verbs.</summary>
internal static class EngineCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand(
            "Runs quantized language models through llama.cpp and checks every number against a managed reference.");
        root.Options.Clear();
        root.Add(new HelpOption("--help", "-h", "-?") { Description = "Shows this help.", Action = new HelpText() });
        root.Add(new VersionOption("--version") { Description = "Shows the version.", Action = new VersionText() });
        root.Add(CommandPath.Verbose);
        root.Add(GenerateCommand.Create());
        root.Add(ValidateCommand.Create());
        root.Add(InspectCommand.Create());
        root.Add(TokenizeCommand.Create());
        root.Add(EmbedCommand.Create());
        root.Add(QuantizeCommand.Create());
        root.Add(ImportCommand.Create());
        root.Add(ExportCommand.Create());
        root.Add(CorpusCommand.Create());
        root.Add(TrainCommand.Create());
        root.Add(TrainTokenizerCommand.Create());
        root.Add(BenchCommand.Create());
        root.Add(ServeCommand.Create());
        root.Add(ShadowCommand.Create());
        root.Add(DoctorCommand.Create());
        root.Add(CompletionCommand.Create());
        root.Action = new HelpText();
        CompleteFlags(root);
        return root;
    }

    /// <summary>Reads the words of a command line.</summary>
    public static ParseResult Parse(IReadOnlyList<string> words) => Create().Parse(words, Rules);

    /// <summary>Reads a command line as a shell holds it, in one piece.</summary>
    public static ParseResult Parse(string line) => Create().Parse(line, Rules);

    private static ParserConfiguration Rules => new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>A flag takes no value; by default System.CommandLine suggests "True" and "False".</summary>
    private static void CompleteFlags(Command command)
    {
        foreach (Option<bool> flag in command.Options.OfType<Option<bool>>())
        {
            flag.CompletionSources.Clear();
            flag.CompletionSources.Add(context => context.ParseResult.CommandResult.Command.GetCompletions(context));
        }
        foreach (Command verb in command.Subcommands)
        {
            CompleteFlags(verb);
        }
    }
}
