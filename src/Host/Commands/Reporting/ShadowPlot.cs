using System.Globalization;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Engine.Host.Commands.Reporting;

/// <summary>The NMSE of every sample over time as an SVG picture: passes as dots, failures as crosses, the limits as lines.</summary>
internal static class ShadowPlot
{
    private const int Width = 960, Height = 480;

    /// <summary>The maximum number of dots of a model; if there are more, every n-th is drawn. All failures are drawn.</summary>
    private const int MaxDots = 1500;

    // Okabe and Ito's palette, which is safe for the colour-blind, without a red that would be confused with failures.
    private static readonly OxyColor[] Colors =
    [
        OxyColor.FromRgb(0x00, 0x72, 0xB2), OxyColor.FromRgb(0x00, 0x9E, 0x73), OxyColor.FromRgb(0xE6, 0x9F, 0x00), OxyColor.FromRgb(0xCC, 0x79, 0xA7), OxyColor.FromRgb(0x56, 0xB4, 0xE9),
    ];

    /// <summary>Draws all models of a report into one picture.</summary>
    public static string Draw(ShadowReport report)
    {
        double[] measured = [.. report.Models.SelectMany(model => model.Points).Select(point => point.Nmse).OfType<double>().Where(value => value > 0 && double.IsFinite(value))];
        (double low, double high) = measured.Length == 0 ? (1e-6, 1) : (measured.Min(), measured.Max());
        var plot = new PlotModel
        {
            Title = $"Answers checked in the background: {Path.GetFileName(report.Store)}, {report.Samples} samples",
            TitleFontSize = 15,
            Background = OxyColors.White,
            Culture = CultureInfo.InvariantCulture,
            DefaultFont = "Arial, Helvetica, sans-serif",
        };
        plot.Axes.Add(new DateTimeAxis
        {
            Position = AxisPosition.Bottom,
            Title = "time (UTC)",
            StringFormat = report.To - report.From < TimeSpan.FromMinutes(10) ? "HH:mm:ss" : "MM-dd\nHH:mm",
            MinorTickSize = 0,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
            MaximumPadding = 0.02,
            MinimumPadding = 0.02,
        });
        plot.Axes.Add(new LogarithmicAxis
        {
            Position = AxisPosition.Left,
            Title = "NMSE",
            AxisTitleDistance = 12,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
            UseSuperExponentialFormat = false,
            StringFormat = "0e0",
            MinimumPadding = 0.05,
            MaximumPadding = 0.05,
        });
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomCenter, LegendPlacement = LegendPlacement.Outside, LegendOrientation = LegendOrientation.Horizontal, LegendPadding = 24, LegendItemSpacing = 40 });
        foreach ((int index, ShadowModelReport model) in report.Models.Index())
        {
            OxyColor color = Colors[index % Colors.Length];
            var passes = new ScatterSeries { Title = model.Model, MarkerType = MarkerType.Circle, MarkerSize = 2, MarkerFill = color };
            var failures = new ScatterSeries { Title = $"{model.Model}, failed", MarkerType = MarkerType.Cross, MarkerSize = 5, MarkerStroke = OxyColors.Crimson, MarkerStrokeThickness = 1.5 };
            ShadowPoint[] passed = [.. model.Points.Where(point => point.Passed)];
            int stride = Math.Max(1, (passed.Length + MaxDots - 1) / MaxDots);
            passes.Points.AddRange(passed.Where((_, i) => i % stride == 0).Select(Dot));
            failures.Points.AddRange(model.Points.Where(point => !point.Passed).Select(Dot));
            plot.Series.Add(passes);
            if (failures.Points.Count > 0)
            {
                plot.Series.Add(failures);
            }
            foreach (double limit in model.Tolerances.Where(tolerance => tolerance.Metric == "nmse" && tolerance.Limit > 0).Select(tolerance => tolerance.Limit).Distinct())
            {
                plot.Annotations.Add(new LineAnnotation
                {
                    Type = LineAnnotationType.Horizontal,
                    Y = limit,
                    Color = color,
                    LineStyle = LineStyle.Dash,
                    StrokeThickness = 1.5,
                    Text = $"limit of {model.Model}",
                });
                (low, high) = (Math.Min(low, limit), Math.Max(high, limit));
            }
        }
        (plot.Axes[1].Minimum, plot.Axes[1].Maximum) = (low / 3, high * 3);
        return new SvgExporter { Width = Width, Height = Height }.ExportToString(plot);

        // Samples without a number, or with zero, go to the edge.
        ScatterPoint Dot(ShadowPoint point) => new(DateTimeAxis.ToDouble(point.Time.UtcDateTime), point.Nmse switch
        {
            > 0 and { } value when double.IsFinite(value) => value,
            0 => low,
            _ => high,
        });
    }
}
