using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Engine.Telemetry;

namespace Engine.Tests.Telemetry;

/// <summary>What the engine reports of one model while a test listens.</summary>
internal sealed class Recording : IDisposable
{
    private readonly MeterListener _metrics = new();
    private readonly ActivityListener _spans;
    private readonly string _model;

    public Recording(string model)
    {
        _model = model;
        _metrics.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == EngineTelemetry.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _metrics.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _metrics.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _metrics.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _metrics.Start();
        _spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == EngineTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (Equals(span.GetTagItem(TelemetryNames.RequestModel), model))
                {
                    Spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_spans);
    }

    public ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)> Measured { get; } = [];

    public ConcurrentQueue<Activity> Spans { get; } = [];

    public (double Value, Dictionary<string, object?> Tags)[] Of(string name) => [.. Measured.Where(one => one.Name == name).Select(one => (one.Value, one.Tags))];

    /// <summary>Reads the observable instruments.</summary>
    public (double Value, Dictionary<string, object?> Tags)[] Observe(string name)
    {
        int before = Measured.Count;
        _metrics.RecordObservableInstruments();
        return [.. Measured.Skip(before).Where(one => one.Name == name).Select(one => (one.Value, one.Tags))];
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _spans.Dispose();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Dictionary<string, object?> all = new(tags.ToArray());
        if (Equals(all.GetValueOrDefault(TelemetryNames.Model) ?? all.GetValueOrDefault(TelemetryNames.RequestModel), _model))
        {
            Measured.Enqueue((instrument.Name, value, all));
        }
    }
}
