using System.CommandLine;

namespace Engine.Host.Commands.Reporting;

/// <summary><c>engine shadow</c>: reports on the checks of answers that a server has made.</summary>
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
