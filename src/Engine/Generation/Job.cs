using System.Threading.Channels;

namespace Engine.Generation;

/// <summary>One request on its way through a slot: what to do with a session, and the channel its results leave by.</summary>
// A source without timer or wait handle holds nothing to release, and reader and owner would race to release it.
#pragma warning disable CA1001
internal abstract class Job(SessionKind kind, CancellationToken caller)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The session it needs.</summary>
    public SessionKind Kind { get; } = kind;

    /// <summary>The caller's own cancellation, which its error must carry.</summary>
    public CancellationToken Caller { get; } = caller;

    /// <summary>Signalled when the caller cancels or stops reading, and when the model is disposed.</summary>
    public CancellationToken Stopping => _stop.Token;

    public void Stop() => _stop.Cancel();

    /// <summary>Does the work on the session's owner thread.</summary>
    public abstract void Run(ISession session);

    /// <summary>Ends the results; the first call counts.</summary>
    public abstract void End(Exception? error);
}

/// <summary>A job whose results are of one type.</summary>
/// <param name="kind">The session it needs.</param>
/// <param name="buffer">Results that may wait for their reader; null for any number.</param>
/// <param name="work">What to do.</param>
/// <param name="isContended">Whether others wait for a slot.</param>
/// <param name="patience">How long a full buffer may hold a slot that others wait for.</param>
/// <param name="caller">The caller's cancellation.</param>
internal sealed class Job<T>(
    SessionKind kind, int? buffer, Action<ISession, Job<T>> work, Func<bool> isContended, TimeSpan patience, CancellationToken caller)
    : Job(kind, caller)
{
    private readonly Channel<T> _results = buffer is int capacity
        ? Channel.CreateBounded<T>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true })
        : Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    /// <summary>The results, in order.</summary>
    public ChannelReader<T> Results => _results.Reader;

    public override void Run(ISession session) => work(session, this);

    public override void End(Exception? error) => _results.Writer.TryComplete(error);

    /// <summary>Hands out a result without waiting for its reader, unless the buffer is full.</summary>
    /// <exception cref="EngineException">The reader let the buffer stay full while others waited for the slot.</exception>
    public void Emit(T result)
    {
        while (!_results.Writer.TryWrite(result))
        {
            var room = _results.Writer.WaitToWriteAsync(Stopping).AsTask();
            while (Task.WaitAny([room], patience) < 0)
            {
                if (isContended())
                {
                    throw new EngineException(
                        $"Handing out results: the reader took none for {patience.TotalSeconds:0.#} s while other requests waited for the model, " +
                        "so this request was ended. Read the results as they come, or ask for fewer logits.");
                }
            }
            if (!room.GetAwaiter().GetResult())
            {
                throw new OperationCanceledException(Stopping); // ended from elsewhere: the model was disposed or has failed
            }
        }
    }
}
