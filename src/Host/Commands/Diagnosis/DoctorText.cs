using System.Text;
using Engine.Parity;

namespace Engine.Host.Commands.Diagnosis;

/// <summary>What <c>doctor</c> prints for people, the verdict last.</summary>
internal static class DoctorText
{
    // "  missing  calibrations  " and then what was found, which goes below on a narrow terminal.
    private const int Beside = 24;
    private const int Below = 4;
    private const int MinWidth = 60;

    public static string Render(DoctorReport report, int width)
    {
        var text = new StringBuilder();
        Machine machine = report.Machine;
        Paragraph.Append(text, $"{CommandPath.Program} {Short(report.Version)} on {report.Runtime}, {report.Platform}", width);
        Line("", "system", machine.OperatingSystem);
        Line("", "processor", string.Join(", ", [machine.Processor, $"{machine.Cores} cores", .. machine.Instructions]));
        Line("", "memory", $"{ByteCount.Describe(machine.AvailableBytes)} of {ByteCount.Describe(machine.MemoryBytes)} available, container limits included");
        foreach (DoctorCheck check in report.Checks)
        {
            Line(check.State.ToString().ToLowerInvariant(), check.Name, check.Text.TrimEnd('.'));
        }
        int missing = report.Checks.Count(check => check.State == CheckState.Missing);
        Paragraph.Append(text.AppendLine(), missing switch
        {
            0 => "Everything the engine needs is here.",
            1 => "One thing that the engine needs is missing.",
            _ => $"{missing} things that the engine needs are missing.",
        }, width);
        return text.ToString();

        void Line(string state, string name, string words)
        {
            text.Append("  ");
            if (width < MinWidth)
            {
                text.Append(name).Append(state.Length > 0 ? $": {state}" : "").Append('\n').Append(' ', Below);
                Paragraph.Append(text, words, width, Below);
                return;
            }
            text.Append(state.PadRight(9)).Append(name.PadRight(Beside - 2 - 9));
            Paragraph.Append(text, words, width, Beside);
        }
    }

    // 0.1.0+<commit of 40 digits>: nine of them are enough to identify a commit.
    private static string Short(string version) => version.Split('+') is [var number, { Length: > 9 } commit] ? $"{number} ({commit[..9]})" : version;
}
