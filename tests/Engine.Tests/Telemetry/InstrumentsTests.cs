using System.Diagnostics.Metrics;
using Engine.Telemetry;

namespace Engine.Tests.Telemetry;

/// <summary>docs/telemetry.md lists exactly the metrics of the program.</summary>
public sealed class InstrumentsTests
{
    [Fact]
    public void Every_metric_is_in_the_document_with_its_kind_unit_and_attributes()
    {
        string[] documented =
        [
            .. File.ReadLines(Path.Combine(SharedFolder.Checkout, "docs", "telemetry.md"))
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal) && (line.Contains("counter |", StringComparison.Ordinal) || line.Contains("histogram |", StringComparison.Ordinal))),
        ];
        IEnumerable<string> known = Instruments.All.Select(
            metric => $"| `{metric.Name}` | {metric.Kind} | `{metric.Unit}` | {string.Join(", ", metric.Attributes.Select(attribute => $"`{attribute}`"))} |");

        Assert.Equal(known.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_instrument_of_the_meter_is_among_the_known_ones()
    {
        var published = new List<(string, string?)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == EngineTelemetry.MeterName)
                {
                    published.Add((instrument.Name, instrument.Unit));
                }
            },
        };
        Assert.NotEmpty(Instruments.All);
        listener.Start();

        Assert.Equal(Instruments.All.Select(metric => (metric.Name, (string?)metric.Unit)).Order(), published.Order());
    }
}
