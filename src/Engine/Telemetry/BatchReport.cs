using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;

namespace Engine.Telemetry;

/// <summary>The state of a model's batch in another process, as that process reports it to the one with the listeners.</summary>
internal sealed record BatchReport
{
    /// <summary>As <see cref="IServingGauge.Running"/>.</summary>
    public int Running { get; init; }

    /// <summary>As <see cref="IServingGauge.Waiting"/>.</summary>
    public int Waiting { get; init; }

    /// <summary>As <see cref="IServingGauge.Cells"/>.</summary>
    public int Cells { get; init; }

    /// <summary>What was added to each counter since the report before.</summary>
    public Dictionary<string, long> Added { get; init; } = [];

    /// <summary>The sizes of the steps since then, each with how many there were.</summary>
    public Dictionary<int, long> StepSizes { get; init; } = [];

    public bool SameNumbers(BatchReport other) => (Running, Waiting, Cells) == (other.Running, other.Waiting, other.Cells);
}

/// <summary>Listens to the batch of the one model of a process.</summary>
internal sealed class BatchReporter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private Dictionary<string, long> _added = [];
    private Dictionary<int, long> _sizes = [];
    private BatchReport _last = new();

    public BatchReporter()
    {
        // Taken before it listens: the instruments are published while they are made.
        Instrument[] listened = [Instruments.StepSize, .. Instruments.OfBatches];
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (listened.Contains(instrument))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(ref _added, instrument.Name, value));
        _listener.SetMeasurementEventCallback<int>((_, size, _, _) => Add(ref _sizes, size, 1));
        _listener.Start();
    }

    /// <summary>What has happened since the last time; null for nothing.</summary>
    public BatchReport? Next()
    {
        (int running, int waiting, int cells) = ServingGauges.Total();
        lock (_lock)
        {
            var report = new BatchReport { Running = running, Waiting = waiting, Cells = cells, Added = _added, StepSizes = _sizes };
            if (_added.Count == 0 && _sizes.Count == 0 && report.SameNumbers(_last))
            {
                return null;
            }
            (_added, _sizes, _last) = ([], [], report);
            return report;
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Add<TKey>(ref Dictionary<TKey, long> sums, TKey key, long value) where TKey : notnull
    {
        lock (_lock)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(sums, key, out _) += value;
        }
    }
}

/// <summary>Reports the state of a batch in another process here, under the model's name, until that process has ended.</summary>
internal sealed class ReportedBatch : IServingGauge, IDisposable
{
    private readonly string _model;
    private readonly KeyValuePair<string, object?> _tag;
    private volatile BatchReport _last = new();

    public ReportedBatch(string model)
    {
        (_model, _tag) = (model, new(TelemetryNames.Model, model));
        ServingGauges.Add(model, this);
    }

    public int Running => _last.Running;

    public int Waiting => _last.Waiting;

    public int Cells => _last.Cells;

    public void Take(BatchReport report)
    {
        _last = report;
        foreach (Counter<long> counter in Instruments.OfBatches)
        {
            if (report.Added.TryGetValue(counter.Name, out long added))
            {
                counter.Add(added, _tag);
            }
        }
        if (Instruments.StepSize.Enabled)
        {
            foreach ((int size, long times) in report.StepSizes)
            {
                for (long i = 0; i < times; i++)
                {
                    Instruments.StepSize.Record(size, _tag);
                }
            }
        }
    }

    public void Dispose() => ServingGauges.Remove(_model, this);
}
