using Engine.Telemetry;

namespace Engine.Serving;

/// <summary>What happens in one model's batch: numbers now, and sums since it was loaded. The meter <c>Engine</c> reports them with the attribute <c>engine.model</c>.</summary>
public sealed class ServingCounters : IServingGauge
{
    private readonly string _model;
    private readonly KeyValuePair<string, object?> _tag;
    private int _running;
    private int _waiting;
    private int _cells;
    private long _hits;
    private long _saved;
    private long _steps;
    private long _stepped;
    private long _parks;

    internal ServingCounters(string model)
    {
        (_model, _tag) = (model, new(TelemetryNames.Model, model));
        ServingGauges.Add(model, this);
    }

    /// <summary>Generations in the batch.</summary>
    public int Running { get => Volatile.Read(ref _running); internal set => Volatile.Write(ref _running, value); }

    /// <summary>Generations that wait for a place in the batch.</summary>
    public int Waiting { get => Volatile.Read(ref _waiting); internal set => Volatile.Write(ref _waiting, value); }

    /// <summary>Tokens that running generations hold in the cache; a prefix that several share counts for each.</summary>
    public int Cells { get => Volatile.Read(ref _cells); internal set => Volatile.Write(ref _cells, value); }

    internal void Clear() => (Running, Waiting, Cells) = (0, 0, 0);

    /// <summary>Stops reporting.</summary>
    internal void Retire() => ServingGauges.Remove(_model, this);

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
        Instruments.PrefixHits.Add(1, _tag);
        Instruments.PrefixTokens.Add(tokens, _tag);
    }

    internal void Stepped(int tokens)
    {
        Interlocked.Increment(ref _steps);
        Interlocked.Add(ref _stepped, tokens);
        Instruments.Steps.Add(1, _tag);
        Instruments.StepTokens.Add(tokens, _tag);
        Instruments.StepSize.Record(tokens, _tag);
    }

    internal void Parked()
    {
        Interlocked.Increment(ref _parks);
        Instruments.Parked.Add(1, _tag);
    }
}
