using System.Globalization;
using System.Text;

namespace Engine.Parity;

/// <summary>A report for people: 80 columns, the verdict last.</summary>
internal static class ParityText
{
    private const int Width = 80;

    public static string Render(ParityReport report)
    {
        var text = new StringBuilder();
        string rows = report.Vocabulary is null ? $"{report.Dimensions} numbers of embeddings" : $"{report.Vocabulary} logits";
        text.AppendLine(Invariant($"Parity, {report.Setting.ToString().ToLowerInvariant()}: {report.Positions} positions × {rows}"));
        text.AppendLine(Side("native", report.Native));
        text.AppendLine(Side("reference", report.Reference));
        text.AppendLine();
        Row(text, "max |Δ|", Scientific(report.MaxAbsDiff), Invariant($"{Scientific(report.MaxRelDiff)} of the reference's RMS {Scientific(report.RmsReference)}"));
        Row(text, "NMSE", Scientific(report.Nmse), "Σ(native − reference)² / Σ reference²");
        Row(text, "cosine", Fixed(report.Cosine, "0.00000000"), "");
        if (report.Vocabulary is not null)
        {
            Row(text, "KL mean", Scientific(report.KlMean), Invariant($"p99 {Scientific(report.KlP99)}, max {Scientific(report.KlMax)}, nats"));
            Row(text, "same top-1", Fixed(report.SameTop1 * 100, "0.00"), "% of positions");
            Row(text, "perplexity", Perplexity(report.PerplexityNative), Invariant($"native; reference {Perplexity(report.PerplexityReference)}"));
        }
        foreach (ParityRows other in report.Also ?? [])
        {
            text.AppendLine(Invariant($"  {other.Name}: max |Δ| {Scientific(other.MaxAbsDiff)}, {Scientific(other.MaxRelDiff)} of the RMS, NMSE {Scientific(other.Nmse)}"));
        }
        text.AppendLine();
        if (report is { Layers: { } layers, Replay: { } scope })
        {
            LayerText.Append(text, layers, scope, report.FirstDivergence);
            (int computing, int moving) = LayerText.Unmeasured(layers);
            Paragraph(text, Invariant($"UNMEASURED, for one side only has them: {computing} ops that compute, {moving} that only move numbers (views, copies, the cache)."));
        }
        Paragraph(text, $"Tolerance: {Judgement.Name(report.Tolerance.Metric)} ≤ {Judgement.Number(report.Tolerance.Limit)}{Single(report.Tolerance)}. {report.Tolerance.Reason}");
        if (report.SmallestFault is { } fault)
        {
            Paragraph(text, $"Smallest fault it could see: one {(report.Vocabulary is null ? "number" : "logit")} off by {Judgement.Number(fault.OneLogit)}, "
                + $"those of one position by {Judgement.Number(fault.OnePosition)}, all by {Judgement.Number(fault.AllLogits)}.");
        }
        if (report.FirstDivergence is { } divergence)
        {
            Paragraph(text, $"First divergence: {(divergence.Name is { } name ? $"{name} ({divergence.Op}), " : "")}position {divergence.Position}, max |Δ| {Scientific(divergence.MaxAbsDiff)}, NMSE {Scientific(divergence.Nmse)}.");
        }
        Paragraph(text, $"{(report.Verdict == ParityVerdict.Pass ? "PASS" : "FAIL")}: {report.Explanation}.");
        return text.ToString();
    }

    /// <summary>The name of the file only, from its end: a whole path may be longer than a line.</summary>
    private static string Side(string name, ParitySide side)
    {
        string line = $"  {name,-10} {side.Backend} on {side.Device}, {side.FileType}, ";
        string file = Path.GetFileName(side.Path);
        int room = Math.Max(8, Width - line.Length);
        return line + (file.Length <= room ? file : "…" + file[^(room - 1)..]);
    }

    private static string Single(Tolerance tolerance) =>
        (tolerance.RowLimit > tolerance.Limit ? $", of a single position ≤ {Judgement.Number(tolerance.RowLimit)}" : "")
        + (tolerance.LogitLimit is { } logit ? $", a single number ≤ {Judgement.Number(logit)} RMS" : "");

    private static void Row(StringBuilder text, string name, string value, string remark) =>
        text.AppendLine($"  {name,-10} {value,12}   {remark}".TrimEnd());

    private static void Paragraph(StringBuilder text, string paragraph)
    {
        int column = 0;
        foreach (string word in paragraph.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.AppendLine();
                column = 0;
            }
            text.Append(column == 0 ? "" : " ").Append(word);
            column += word.Length + (column == 0 ? 0 : 1);
        }
        text.AppendLine();
    }

    private static string Scientific(double? value) => value is { } number ? Judgement.Number(number) : "none";

    /// <summary>Untrained weights make perplexities of ten digits, whose decimals say nothing.</summary>
    private static string Perplexity(double? value) => Fixed(value, value < 1e6 ? "0.0000" : "0.000000e0");

    private static string Fixed(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "none";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
