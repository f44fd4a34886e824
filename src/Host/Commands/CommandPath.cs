using System.CommandLine;

namespace Engine.Host.Commands;

/// <summary>The program's name, and the prefix of options.</summary>
internal static class CommandPath
{
    public const string Program = "engine";

    /// <summary>On every verb: the log and the details of errors.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Shows the log, including the native library's, and the details of errors.",
        Recursive = true,
    };

    /// <summary>What is typed for a command: <c>engine</c>, <c>engine generate</c>, <c>engine shadow report</c>.</summary>
    public static string Of(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Of(parent)} {command.Name}" : Program;
}
