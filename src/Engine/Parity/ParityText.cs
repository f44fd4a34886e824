using System.Globalization;
using System.Text;

namespace Engine.Parity;

/// <summary>A report for people, the verdict last.</summary>
internal static class ParityText
{
    /// <param name="report">The report to print.</param>
    /// <param name="width">The number of columns of the text; a table of layers takes 80.</param>
    public static string Render(ParityReport report, int width = Paragraph.Width)
    {
        var text = new StringBuilder();
        string rows = report.Vocabulary is null ? $"{report.Dimensions} numbers of embeddings" : $"{report.Vocabulary} logits";
        Paragraph.Append(text, width: width, words: Invariant($"Parity, {report.Numerics.ToString().ToLowerInvariant()}: {report.Positions} positions × {rows}"));
        text.AppendLine(Side("native", report.Native, width));
        text.AppendLine(Side("reference", report.Reference, width));
        text.AppendLine();
        Row(text, width, "max |Δ|", Scientific(report.MaxAbsDiff), Invariant($"{Scientific(report.MaxRelDiff)} of the reference's RMS {Scientific(report.RmsReference)}"));
        Row(text, width, "NMSE", Scientific(report.Nmse), "Σ(native − reference)² / Σ reference²");
        Row(text, width, "cosine", Fixed(report.Cosine, "0.00000000"), "");
        if (report.Vocabulary is not null)
        {
            Row(text, width, "KL mean", Scientific(report.KlMean), Invariant($"p99 {Scientific(report.KlP99)}, max {Scientific(report.KlMax)}, nats"));
            Row(text, width, "same top-1", Fixed(report.SameTop1 * 100, "0.00"), "% of positions");
            Row(text, width, "perplexity", Perplexity(report.PerplexityNative), Invariant($"native; reference {Perplexity(report.PerplexityReference)}"));
        }
        foreach (ParityRows other in report.Also ?? [])
        {
            text.AppendLine(Invariant($"  {other.Name}: max |Δ| {Scientific(other.MaxAbsDiff)}, {Scientific(other.MaxRelDiff)} of the RMS, NMSE {Scientific(other.Nmse)}"));
        }
        text.AppendLine();
        if (report is { Layers: { } layers, Replay: { } scope })
        {
            LayerText.Append(text, layers, scope, report.FirstDivergence, width);
            (int computing, int moving) = LayerText.Unmeasured(layers);
            Paragraph.Append(text, width: width, words: Invariant($"UNMEASURED, because only one side has them: {computing} ops that compute, {moving} that only move numbers (views, copies, the cache)."));
        }
        Paragraph.Append(text, width: width, words: $"Tolerance: {Judgement.Name(report.Tolerance.Metric)} ≤ {Judgement.Number(report.Tolerance.Limit)}{Single(report.Tolerance)}. {report.Tolerance.Reason}");
        if (report.SmallestFault is { } fault)
        {
            Paragraph.Append(text, width: width, words: $"Smallest fault it could see: one {(report.Vocabulary is null ? "number" : "logit")} off by {Judgement.Number(fault.OneLogit)}, "
                + $"those of one position by {Judgement.Number(fault.OnePosition)}, all by {Judgement.Number(fault.AllLogits)}.");
        }
        if (report.Coverage is { } coverage)
        {
            Paragraph.Append(text, width: width, words: coverage.ToText());
        }
        if (report.FirstDivergence is { } divergence)
        {
            Paragraph.Append(text, width: width, words: $"First divergence: {(divergence.Name is { } name ? $"{name} ({divergence.Op}), " : "")}position {divergence.Position}, max |Δ| {Scientific(divergence.MaxAbsDiff)}, NMSE {Scientific(divergence.Nmse)}.");
        }
        Paragraph.Append(text, width: width, words: $"{(report.Verdict == ParityVerdict.Pass ? "PASS" : "FAIL")}: {report.Explanation}.");
        return text.ToString();
    }

    /// <summary>Only the file's name, cut at its beginning if needed, because a path may be longer than a line.</summary>
    private static string Side(string name, ParitySide side, int width)
    {
        string line = $"  {name,-10} {side.Backend} on {side.Device}, {side.FileType}, ";
        string file = Path.GetFileName(side.Path);
        if (width - line.Length < Math.Min(file.Length, 8))
        {
            line = $"{line.TrimEnd()}{Environment.NewLine}    ";
        }
        int room = Math.Max(8, width - (line.Length - line.LastIndexOf('\n') - 1));
        return line + (file.Length <= room ? file : "…" + file[^(room - 1)..]);
    }

    private static string Single(Tolerance tolerance) =>
        (tolerance.RowLimit > tolerance.Limit ? $", of a single position ≤ {Judgement.Number(tolerance.RowLimit)}" : "")
        + (tolerance.LogitLimit is { } logit ? $", a single number ≤ {Judgement.Number(logit)} RMS" : "");

    private static void Row(StringBuilder text, int width, string name, string value, string remark)
    {
        string row = $"  {name,-10} {value,12}";
        if (row.Length + 3 + remark.Length <= width)
        {
            text.AppendLine($"{row}   {remark}".TrimEnd());
            return;
        }
        Paragraph.Append(text.AppendLine(row).Append(' ', 4), remark, width, 4);
    }

    private static string Scientific(double? value) => value is { } number ? Judgement.Number(number) : "none";

    /// <summary>Untrained weights give perplexities of ten digits, whose decimals are meaningless.</summary>
    private static string Perplexity(double? value) => Fixed(value, value < 1e6 ? "0.0000" : "0.000000e0");

    private static string Fixed(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "none";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
