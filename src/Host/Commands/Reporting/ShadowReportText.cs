using System.Globalization;
using System.Text;
using Engine.Parity;

namespace Engine.Host.Commands.Reporting;

/// <summary>A report of shadow records for people.</summary>
internal static class ShadowReportText
{
    private const int Label = 14, WidestBar = 20;

    /// <param name="report">What to print.</param>
    /// <param name="width">Columns.</param>
    public static string Render(ShadowReport report, int width)
    {
        var text = new StringBuilder();
        Paragraph.Append(text, report is { From: { } from, To: { } to }
            ? $"Shadow records of {report.Store}: {Count(report.Samples, "sample")}, {Minute(from)} to {Minute(to)} UTC"
            : $"Shadow records of {report.Store}: none {(report.Since is { } since ? $"since {Minute(since)} UTC" : "yet")}.", width);
        foreach (ShadowModelReport model in report.Models)
        {
            text.AppendLine();
            Append(text, model, width);
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, ShadowModelReport model, int width)
    {
        Paragraph.Append(text, model.Samples == 0 ? model.Model : $"{model.Model}, judged by {string.Join(", ", model.Oracles)}", width);
        if (model.Samples > 0)
        {
            Row("passed", $"{model.Passed} of {Count(model.Samples, "sample")} ({Percent(model.PassShare)}), {Count(model.Positions, "position")}"
                + (model.NotMeasured > 0 ? $"; {model.NotMeasured} without numbers, as a side was not finite" : ""));
            Row("KL", Upper(model.Kl, " nats"));
            Row("NMSE", Upper(model.Nmse));
            Row("same top-1", model.TopOne is { } top ? $"median {Percent(top.P50)}, p10 {Percent(top.P10)}, p1 {Percent(top.P1)}, min {Percent(top.Min)}" : "none");
            Row("max |Δ|", Upper(model.MaxAbsolute));
        }
        foreach ((int index, ShadowToleranceReport tolerance) in model.Tolerances.Index())
        {
            Row(index == 0 ? "tolerance" : "", $"{Metric(tolerance.Metric)} ≤ {Judgement.Number(tolerance.Limit)}, "
                + $"{(tolerance.Source == "calibration" ? "calibrated on the machine" : $"by {tolerance.Source}")}{(model.Tolerances.Count > 1 ? $", {Count(tolerance.Samples, "sample")}" : "")}");
        }
        Row("alarms", model.Alarms.Count == 0 ? "none" : $"{model.Alarms.Count(alarm => alarm.Event == "began")} began");
        foreach (ShadowAlarmReport alarm in model.Alarms)
        {
            Row("", $"{Minute(alarm.Time)} {alarm.Event}: {alarm.Reason}");
        }
        Row("coverage", model.Coverage is null ? "not kept" : model.Coverage.ToText()["Coverage: ".Length..]);
        Samples(text, model.Worst, width);
        OverTime(text, model.OverTime, width);

        void Row(string label, string words)
        {
            text.Append("  ").Append(label.PadRight(Label));
            Paragraph.Append(text, words, width, Label + 2);
        }
    }

    private static void Samples(StringBuilder text, IReadOnlyList<ShadowSampleReport> samples, int width)
    {
        if (samples.Count == 0)
        {
            return;
        }
        text.AppendLine().AppendLine($"  {"the worst (UTC)",-24} {"NMSE",8} {"KL",8}  request");
        foreach (ShadowSampleReport sample in samples)
        {
            string row = $"  {(sample.Passed ? "pass" : "FAIL")} {Second(sample.Time)} {Number(sample.Nmse),8} {Number(sample.Kl),8}";
            text.AppendLine(row.Length + 2 + sample.Request.Length <= width ? $"{row}  {sample.Request}" : $"{row}\n       {sample.Request}");
            if (!sample.Passed)
            {
                Paragraph.Append(text.Append(' ', 7), sample.Reason, width, 7);
            }
        }
    }

    // The bar shows the largest NMSE on a logarithmic scale, from the smallest of the column to the largest.
    private static void OverTime(StringBuilder text, IReadOnlyList<ShadowInterval> stretches, int width)
    {
        if (stretches.Count == 0)
        {
            return;
        }
        double[] logs = [.. stretches.Select(one => one.NmseMax).OfType<double>().Where(value => value > 0 && double.IsFinite(value)).Select(Math.Log10)];
        (double low, double high) = logs.Length == 0 ? (0, 1) : (Math.Floor(logs.Min()), Math.Max(Math.Floor(logs.Min()) + 1, Math.Ceiling(logs.Max())));
        int room = Math.Min(WidestBar, width - 58);
        text.AppendLine().AppendLine($"  {"time (UTC)",-16} {"samples",8} {"failed",7} {"NMSE median",12} {"max",8}");
        foreach (ShadowInterval one in stretches)
        {
            double part = one.NmseMax is > 0 and { } max ? Math.Clamp((Math.Log10(max) - low) / (high - low), 0, 1) : 0;
            int length = room <= 0 || one.NmseMax is not > 0 ? 0 : Math.Max(1, (int)Math.Round(part * room));
            text.AppendLine($"  {Minute(one.From),-16} {one.Samples,8} {one.Failed,7} {Number(one.NmseMedian),12} {Number(one.NmseMax),8}  {new string('#', length)}".TrimEnd());
        }
        if (room > 0 && logs.Length > 0)
        {
            Paragraph.Append(text.Append("  "), $"# of the largest NMSE, on a logarithmic scale from {Judgement.Number(Math.Pow(10, low))} to {Judgement.Number(Math.Pow(10, high))}", width, 2);
        }
    }

    private static string Upper(UpperQuantiles? of, string unit = "") => of is null ? "none"
        : $"median {Judgement.Number(of.P50)}, p90 {Judgement.Number(of.P90)}, p99 {Judgement.Number(of.P99)}, max {Judgement.Number(of.Max)}{unit}";

    private static string Metric(string metric) => metric switch
    {
        "nmse" => "NMSE",
        "max_rel_diff" => "max |Δ| / RMS",
        _ => metric,
    };

    private static string Number(double? value) => value is { } number ? Judgement.Short(number) : "none";

    private static string Count(long number, string noun) => string.Create(CultureInfo.InvariantCulture, $"{number} {noun}{(number == 1 ? "" : "s")}");

    // Never 100 unless all passed.
    private static string Percent(double share) => share is 1 ? "100 %" : string.Create(CultureInfo.InvariantCulture, $"{Math.Min(99.99, share * 100):0.##} %");

    private static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Second(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
