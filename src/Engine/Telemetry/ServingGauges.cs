using System.Diagnostics.Metrics;

namespace Engine.Telemetry;

/// <summary>What a model's batch is doing now.</summary>
internal interface IServingGauge
{
    /// <summary>Generations in the batch.</summary>
    int Running { get; }

    /// <summary>Generations that wait for a place in it.</summary>
    int Waiting { get; }

    /// <summary>Tokens that running generations hold in the cache.</summary>
    int Cells { get; }
}

/// <summary>The batches of this process, read on demand: they cost a step nothing.</summary>
internal static class ServingGauges
{
    private static readonly Lock Lock = new();

    /// <summary>By the model's name: an old version and a new one count together. A name stays once it was there, so that what was reported of it goes back to zero.</summary>
    private static readonly Dictionary<string, HashSet<IServingGauge>> Live = [];

    public static void Add(string model, IServingGauge gauge)
    {
        lock (Lock)
        {
            if (!Live.TryGetValue(model, out HashSet<IServingGauge>? gauges))
            {
                Live.Add(model, gauges = []);
            }
            gauges.Add(gauge);
        }
    }

    public static void Remove(string model, IServingGauge gauge)
    {
        lock (Lock)
        {
            Live.GetValueOrDefault(model)?.Remove(gauge);
        }
    }

    public static IEnumerable<Measurement<int>> Running() => Sum(gauge => gauge.Running);

    public static IEnumerable<Measurement<int>> Waiting() => Sum(gauge => gauge.Waiting);

    public static IEnumerable<Measurement<int>> Cells() => Sum(gauge => gauge.Cells);

    /// <summary>The measurements of all models.</summary>
    public static (int Running, int Waiting, int Cells) Total()
    {
        lock (Lock)
        {
            IServingGauge[] all = [.. Live.Values.SelectMany(gauges => gauges)];
            return (all.Sum(gauge => gauge.Running), all.Sum(gauge => gauge.Waiting), all.Sum(gauge => gauge.Cells));
        }
    }

    private static Measurement<int>[] Sum(Func<IServingGauge, int> value)
    {
        lock (Lock)
        {
            return [.. Live.Select(model => new Measurement<int>(model.Value.Sum(value), new KeyValuePair<string, object?>(TelemetryNames.Model, model.Key)))];
        }
    }
}
