using System.CommandLine;

namespace Engine.Host.Commands.Diagnosis;

/// <summary><c>engine doctor</c>: what this machine has for the engine, what is missing, and the command that installs it.</summary>
internal sealed class DoctorCommand
{
    private readonly Option<string?> _library = new ModelOptionGroup().Library;
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document." };

    public static Command Create() => new DoctorCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("doctor", "Checks what the engine needs: libraries, devices, memory, models. Each backend answers a prompt; for anything missing, the command that installs it is "
            + "shown. Exit code 0 if everything needed is there, 1 if something is missing.")
        {
            Examples = ["engine doctor", "engine doctor --json", "engine doctor --library /opt/llama.cpp/lib"],
        };
        verb.AddGroup("Diagnosis", _library, _json);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        DoctorReport report = await DoctorRun.RunAsync(parsed.GetValue(_library), parsed.GetValue(CommandPath.Verbose), cancellationToken).ConfigureAwait(false);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, report);
        }
        else
        {
            output.Write(DoctorText.Render(report, Screen.ReportWidth));
        }
        return report.Healthy ? ExitCode.Pass : ExitCode.Fail;
    }
}
