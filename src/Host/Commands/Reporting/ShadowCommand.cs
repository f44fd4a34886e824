using System.CommandLine;

namespace Engine.Host.Commands.Reporting;

/// <summary><c>engine shadow</c>: what is done with the checks of answers beside the server that makes them.</summary>
internal static class ShadowCommand
{
    public static Command Create()
    {
        var command = new Verb("shadow", "What the checks of answers found while a server ran (Engine:Shadow).") { Examples = ["engine shadow report shadow.db"] };
        command.Add(ShadowReportCommand.Create());
        command.Action = new HelpText();
        return command;
    }
}
