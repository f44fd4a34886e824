using System.CommandLine;
using System.CommandLine.Help;

namespace Engine.Host.Commands;

/// <summary>The command <c>engine</c> with all its verbs.</summary>
internal static class EngineCommand
{
    public const string Name = "engine";

    /// <summary>On every verb: the log and the details of errors.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Shows the log, the native library's included, and the details of errors.",
        Recursive = true,
    };

    public static RootCommand Create()
    {
        var root = new RootCommand(
            "Runs quantized language models through llama.cpp and checks every number against a managed reference.");
        root.Options.Clear();
        root.Add(new HelpOption("--help", "-h", "-?") { Description = "Shows this help.", Action = new HelpText() });
        root.Add(new VersionOption("--version") { Description = "Shows the version.", Action = new VersionText() });
        root.Add(Verbose);
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

    /// <summary>A flag takes no value: what may follow it is another option. By itself System.CommandLine proposes "True" and "False".</summary>
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

    /// <summary>What is typed for a command: <c>engine</c>, <c>engine generate</c>, <c>engine shadow report</c>.</summary>
    public static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : Name;
}
