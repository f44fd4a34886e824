using System.Threading.Channels;
using Engine.Sampling;
using Engine.Telemetry;

namespace Engine.Shadow;

/// <summary>Chooses the generations to check, and queues them until the oracle has time. What does not fit is dropped and counted.</summary>
/// <param name="options">What is configured at first.</param>
/// <param name="time">The clock.</param>
internal sealed class ShadowCapture(ShadowOptions options, TimeProvider time)
{
    private readonly Channel<ShadowSample?> _queue = Channel.CreateUnbounded<ShadowSample?>();
    private volatile ShadowOptions _options = options;
    private long _number;
    private int _waiting;

    /// <summary>What is configured; it may change while the models serve.</summary>
    public ShadowOptions Options { get => _options; set => _options = value; }

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Samples that wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whether the next generation of a model is checked: by its number among all, so that the same requests give the same choice.</summary>
    /// <returns>Null if it is not.</returns>
    public Choice? Choose(ShadowModel model)
    {
        ShadowOptions options = _options;
        if (options.Rate <= 0 || !Checks(options, model))
        {
            return null;
        }
        ulong number = (ulong)Interlocked.Increment(ref _number);
        return new Xoshiro256(number).NextCoin() < options.Rate ? new Choice(options, number) : null;
    }

    /// <summary>Takes a sample, or drops it.</summary>
    public void Add(ShadowSample sample)
    {
        if (Interlocked.Increment(ref _waiting) > _options.Queue)
        {
            Interlocked.Decrement(ref _waiting);
            Drop(sample.Model, TelemetryNames.QueueFull);
            return;
        }
        _queue.Writer.TryWrite(sample);
    }

    /// <summary>Wakes the reader of samples: a model has stopped serving.</summary>
    public void Wake() => _queue.Writer.TryWrite(null);

    /// <summary>The sample that has waited longest; null after <see cref="Wake"/>.</summary>
    public async ValueTask<ShadowSample?> TakeAsync(CancellationToken cancellationToken)
    {
        ShadowSample? sample = await _queue.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (sample is not null)
        {
            Interlocked.Decrement(ref _waiting);
        }
        return sample;
    }

    /// <summary>Counts a sample that is not checked.</summary>
    public static void Drop(ShadowModel model, string reason) =>
        Instruments.ShadowDropped.Add(1, new(TelemetryNames.Model, model.Name), new(TelemetryNames.DropReason, reason));

    private static bool Checks(ShadowOptions options, ShadowModel model)
    {
        if (options.Models.Count > 0)
        {
            return options.Models.Contains(model.Name, StringComparer.OrdinalIgnoreCase);
        }
        // Comparing the reference with itself proves nothing; a model on another machine has no file here.
        return !Same(model.Name, options.Oracle)
            && !(Same(options.Oracle, ShadowOptions.Reference) && (Same(model.Card.Backend, ShadowOptions.Reference) || model.Options.Path.Length == 0));
    }

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>A generation that is checked.</summary>
    /// <param name="Options">How.</param>
    /// <param name="Number">Its number.</param>
    public sealed record Choice(ShadowOptions Options, ulong Number);
}
