using System.Globalization;
using System.Text;
using ReferenceModels.Training;

namespace Engine.Host.Commands.Training;

/// <summary>The losses of a run as an SVG picture: training, its running mean, and validation over the steps.</summary>
internal static class LossPlot
{
    private const int Width = 800, Height = 450, Left = 70, Right = 20, Top = 40, Bottom = 55;
    private const int MaxPoints = 2000;

    /// <summary>The picture.</summary>
    public static string Draw(TrainingLog log, string title)
    {
        double[] losses = [.. log.Steps.Select(step => step.Loss)];
        double[] all = [.. losses, .. log.Validations.Select(one => one.Loss)];
        double last = Math.Max(1, log.Steps.Count);
        (double low, double high, double tick) = Axis(all.Length == 0 ? 0 : Math.Min(0, all.Min()), all.Length == 0 ? 1 : all.Max());
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append($"<title>{Escape(title)}</title>\n<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n");
        Text(svg, Width / 2.0, 22, "middle", title, "font-size=\"15\"");
        for (double value = low; value <= high + tick / 2; value += tick)
        {
            Line(svg, Left, Y(value), Width - Right, Y(value), "#dddddd");
            Text(svg, Left - 8, Y(value) + 4, "end", value.ToString("0.####", CultureInfo.InvariantCulture));
        }
        (_, _, double stepTick) = Axis(0, last);
        for (double step = 0; step <= last + 1e-9; step += Math.Max(1, stepTick))
        {
            Line(svg, X(step), Height - Bottom, X(step), Height - Bottom + 5, "black");
            Text(svg, X(step), Height - Bottom + 19, "middle", step.ToString("0", CultureInfo.InvariantCulture));
        }
        Line(svg, Left, Top, Left, Height - Bottom, "black");
        Line(svg, Left, Height - Bottom, Width - Right, Height - Bottom, "black");
        Text(svg, (Left + Width - Right) / 2.0, Height - 14, "middle", "step");
        Text(svg, 20, (Top + Height - Bottom) / 2.0, "middle", "loss", $"transform=\"rotate(-90 20 {(Top + Height - Bottom) / 2})\"");
        Curve(svg, Thinned(losses), "#9ecae1", 1);
        Curve(svg, Thinned(Smooth(losses)), "#1f77b4", 2);
        Curve(svg, [.. log.Validations.Select(one => ((double)one.Step, one.Loss))], "#d62728", 2);
        foreach (Validation one in log.Validations)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(one.Step):0.##}\" cy=\"{Y(one.Loss):0.##}\" r=\"3\" fill=\"#d62728\"/>\n");
        }
        Legend(svg, 0, "#9ecae1", "training, each step");
        Legend(svg, 1, "#1f77b4", "training, running mean");
        if (log.Validations.Count > 0)
        {
            Legend(svg, 2, "#d62728", "validation");
        }
        return svg.Append("</svg>\n").ToString();

        double X(double step) => Left + step / last * (Width - Left - Right);
        double Y(double loss) => Height - Bottom - (loss - low) / (high - low) * (Height - Top - Bottom);

        void Curve(StringBuilder into, IReadOnlyList<(double Step, double Loss)> points, string color, int width)
        {
            if (points.Count > 0)
            {
                into.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\" points=\"")
                    .AppendJoin(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.Step):0.##},{Y(point.Loss):0.##}"))).Append("\"/>\n");
            }
        }
    }

    // A round step for about six ticks; the axis is widened to whole ticks.
    private static (double Low, double High, double Tick) Axis(double low, double high)
    {
        double span = high > low ? high - low : 1, rough = span / 6, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double tick = power * (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        return (Math.Floor(low / tick) * tick, Math.Ceiling((low + span) / tick) * tick, tick);
    }

    // A running mean over a fiftieth of the run.
    private static double[] Smooth(double[] losses)
    {
        double memory = 1 - 1 / Math.Max(1, losses.Length / 50.0), sum = 0, weight = 0;
        return [.. losses.Select(loss =>
        {
            (sum, weight) = (memory * sum + loss, memory * weight + 1);
            return sum / weight;
        })];
    }

    // As many points as a screen can show; each loss is the one before its step.
    private static (double Step, double Loss)[] Thinned(double[] losses)
    {
        int stride = (losses.Length + MaxPoints - 1) / MaxPoints;
        return [.. losses.Index().Where(one => one.Index % Math.Max(1, stride) == 0 || one.Index == losses.Length - 1).Select(one => ((double)one.Index, one.Item))];
    }

    private static void Legend(StringBuilder svg, int row, string color, string text)
    {
        int y = Top + 12 + 18 * row;
        Line(svg, Width - Right - 190, y, Width - Right - 165, y, color, 3);
        Text(svg, Width - Right - 158, y + 4, "start", text);
    }

    private static void Line(StringBuilder svg, double x1, double y1, double x2, double y2, string color, int width = 1) =>
        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{color}\" stroke-width=\"{width}\"/>\n");

    private static void Text(StringBuilder svg, double x, double y, string anchor, string text, string more = "") =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\" {more}>{Escape(text)}</text>\n");

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
