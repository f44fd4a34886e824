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
        root.Action = new HelpText();
        return root;
    }

    /// <summary>What is typed for a command: <c>engine</c>, <c>engine generate</c>, <c>engine shadow report</c>.</summary>
    public static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : Name;
}
