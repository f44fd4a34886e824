using System.Diagnostics.Metrics;

namespace Engine.Serving;

/// <summary>What happens in one model's batch: numbers now, and sums since it was loaded. The meter <c>Engine</c> reports them with the tag <c>model</c>.</summary>
public sealed class ServingCounters
{
    private static readonly Meter Meter = new("Engine");
    private static readonly Counter<long> PrefixHits = Meter.CreateCounter<long>("engine.prefix.hits", "{request}", "Requests whose beginning was held already");
    private static readonly Counter<long> PrefixTokens = Meter.CreateCounter<long>("engine.prefix.tokens", "{token}", "Prompt tokens that were not evaluated again");
    private static readonly Counter<long> StepCount = Meter.CreateCounter<long>("engine.steps", "{step}", "Evaluations of the batch");
    private static readonly Counter<long> StepTokens = Meter.CreateCounter<long>("engine.step.tokens", "{token}", "Tokens evaluated in the batch");
    private static readonly Counter<long> ParkCount = Meter.CreateCounter<long>("engine.parked", "{request}", "Generations that were parked for lack of cells");
    private static readonly UpDownCounter<int> RunningNow = Meter.CreateUpDownCounter<int>("engine.running", "{request}", "Generations in the batch");
    private static readonly UpDownCounter<int> WaitingNow = Meter.CreateUpDownCounter<int>("engine.waiting", "{request}", "Generations that wait for a place in the batch");
    private static readonly UpDownCounter<int> CellsNow = Meter.CreateUpDownCounter<int>("engine.cells", "{token}", "Tokens that running generations hold in the cache");

    private readonly KeyValuePair<string, object?> _tag;
    private int _running;
    private int _waiting;
    private int _cells;
    private long _hits;
    private long _saved;
    private long _steps;
    private long _stepped;
    private long _parks;

    internal ServingCounters(string model) => _tag = new("model", model);

    /// <summary>Generations in the batch.</summary>
    public int Running { get => _running; internal set => RunningNow.Add(value - Interlocked.Exchange(ref _running, value), _tag); }

    /// <summary>Generations that wait for a place in the batch.</summary>
    public int Waiting { get => _waiting; internal set => WaitingNow.Add(value - Interlocked.Exchange(ref _waiting, value), _tag); }

    /// <summary>Tokens that running generations hold in the cache; a prefix that several share counts for each.</summary>
    public int Cells { get => _cells; internal set => CellsNow.Add(value - Interlocked.Exchange(ref _cells, value), _tag); }

    internal void Clear() => (Running, Waiting, Cells) = (0, 0, 0);

    /// <summary>Requests whose beginning some sequence held already.</summary>
    public long SharedPrefixes => Interlocked.Read(ref _hits);

    /// <summary>Prompt tokens that were not evaluated again.</summary>
    public long SavedTokens => Interlocked.Read(ref _saved);

    /// <summary>Evaluations of the batch.</summary>
    public long Steps => Interlocked.Read(ref _steps);

    /// <summary>Tokens evaluated in the batch.</summary>
    public long SteppedTokens => Interlocked.Read(ref _stepped);

    /// <summary>How often a generation was parked for lack of cells.</summary>
    public long Parks => Interlocked.Read(ref _parks);

    internal void Shared(int tokens)
    {
        Interlocked.Increment(ref _hits);
        Interlocked.Add(ref _saved, tokens);
        PrefixHits.Add(1, _tag);
        PrefixTokens.Add(tokens, _tag);
    }

    internal void Stepped(int tokens)
    {
        Interlocked.Increment(ref _steps);
        Interlocked.Add(ref _stepped, tokens);
        StepCount.Add(1, _tag);
        StepTokens.Add(tokens, _tag);
    }

    internal void Parked()
    {
        Interlocked.Increment(ref _parks);
        ParkCount.Add(1, _tag);
    }
}
