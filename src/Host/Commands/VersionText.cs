using System.CommandLine;
using System.CommandLine.Invocation;

namespace Engine.Host.Commands;

/// <summary>Prints the version; without the commit that the SDK appends to it.</summary>
internal sealed class VersionText : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        Version version = typeof(VersionText).Assembly.GetName().Version!;
        parseResult.InvocationConfiguration.Output.WriteLine($"{CommandPath.Program} {version.ToString(3)}");
        return ExitCode.Pass;
    }
}
