using System.Text;
using Engine.Parity;

namespace Engine.Host.Commands.Calibrating;

/// <summary>A calibration for people: a table of 80 columns, and text.</summary>
internal static class CalibrationText
{
    private const int Name = 26;
    private const int Value = 17;
    private const string Mark = " *";

    public static string Render(Calibration calibration, string path, int width)
    {
        var text = new StringBuilder();
        string[] others = [.. calibration.Distances.Select(distance => distance.From).Distinct()];
        text.Append($"Calibration, {calibration.Numerics.ToString().ToLowerInvariant()}: {calibration.Engines.Count} engines, ")
            .Append($"{calibration.Sequences} sequences, {calibration.Positions} positions.\n");
        Paragraph.Append(text, width: width, words: $"{Judgement.Name(calibration.Metric)} from the engine at the head of the column, the worst of all sequences:");
        text.Append('\n');
        Line(text, "", others.Select(Short));
        foreach (string engine in calibration.Engines)
        {
            EngineDistance[] row = [.. calibration.Distances.Where(distance => distance.Engine == engine)];
            if (row.Length > 0)
            {
                Line(text, engine + (row[0].Counts ? "" : Mark), others.Select(other =>
                    row.FirstOrDefault(distance => distance.From == other) is { } distance ? Judgement.Number(distance.Whole) : ""));
            }
        }
        text.Append('\n');
        if (calibration.Distances.Any(distance => !distance.Counts))
        {
            Paragraph.Append(text, width: width, words: $"{Mark.Trim()} Not in {calibration.Numerics.ToString().ToLowerInvariant()} numerics: measured, not counted.");
        }
        foreach (string failure in calibration.Failures)
        {
            Paragraph.Append(text, width: width, words: $"Not measured: {failure}");
        }
        EngineDistance floor = calibration.Floor(Arithmetic.Exact)!;
        Tolerance tolerance = calibration.ToTolerance(Arithmetic.Exact)!;
        Paragraph.Append(text, width: width, words: $"Floor: {Judgement.Name(calibration.Metric)} {Judgement.Number(floor.Whole)}, of a single position {Judgement.Number(floor.Row)}, "
            + $"a single number {Judgement.Number(floor.Number)} RMS.");
        Paragraph.Append(text, width: width, words: $"Tolerance, {Calibration.Factor} times that: {Judgement.Name(calibration.Metric)} ≤ {Judgement.Number(tolerance.Limit)}, of a single position ≤ "
            + $"{Judgement.Number(tolerance.RowLimit)}{(tolerance.LogitLimit is { } limit ? $", a single number ≤ {Judgement.Number(limit)} RMS" : "")}; "
            + $"for inputs of up to {calibration.Longest} tokens.");
        if (calibration.ToTolerance(Arithmetic.Ggml) is { } narrow && narrow.Limit < tolerance.Limit)
        {
            Paragraph.Append(text, width: width, words: $"With --arithmetic ggml: {Judgement.Name(calibration.Metric)} ≤ {Judgement.Number(narrow.Limit)}.");
        }
        return text.Append($"Kept in {path}\n").ToString();
    }

    private static void Line(StringBuilder text, string name, IEnumerable<string> values) =>
        text.Append($"  {name.PadRight(Name)}{string.Concat(values.Select(value => value.PadLeft(Value)))}".TrimEnd()).Append('\n');

    private static string Short(string engine) => engine.Length < Value ? engine : engine.Split(", ")[0];
}
