using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Engine.Generation;

/// <summary>The owner threads of one model's sessions. Requests wait in one channel; each slot takes the next, runs it on
/// the session of its kind, and makes that session when it is first needed.</summary>
internal sealed class SessionSlots : IAsyncDisposable
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    private readonly ILoadedModel _model;
    private readonly TimeSpan _patience;
    private readonly Channel<Job> _waiting = Channel.CreateUnbounded<Job>();
    private readonly CancellationTokenSource _closing = new();
    private readonly Slot[] _slots;
    private readonly Lazy<Task> _disposal;
    private NativeFailureException? _failure;

    public SessionSlots(ILoadedModel model, int slots, TimeSpan? patience = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        _model = model;
        _patience = patience ?? DefaultPatience;
        _disposal = new Lazy<Task>(CloseAsync);
        model.OnFailure(Fail);
        _slots = [.. Enumerable.Range(0, slots).Select(i => new Slot(this, $"{model.Card.Name} slot {i}"))];
    }

    /// <summary>Queues work and reads its results. A reader that stops early stops the work.</summary>
    /// <param name="kind">The session the work needs.</param>
    /// <param name="buffer">Results that may wait for the reader; null for any number.</param>
    /// <param name="work">Runs on the owner thread; hands out results by <see cref="Job{T}.Emit"/>.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async IAsyncEnumerable<T> RunAsync<T>(
        SessionKind kind, int? buffer, Action<ISession, Job<T>> work, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var job = new Job<T>(kind, buffer, work, () => _waiting.Reader.Count > 0, _patience, cancellationToken);
        if (!_waiting.Writer.TryWrite(job))
        {
            throw Refusal();
        }
        await using var cancellation = cancellationToken.UnsafeRegister(static state => ((Job)state!).Stop(), job).ConfigureAwait(false);
        try
        {
            while (await job.Results.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (job.Results.TryRead(out var result))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return result;
                }
            }
        }
        finally
        {
            job.Stop();
        }
    }

    /// <summary>Ends the requests in flight with <see cref="ObjectDisposedException"/>, then frees the sessions, each on its
    /// own thread, then the model.</summary>
    public ValueTask DisposeAsync() => new(_disposal.Value);

    private async Task CloseAsync()
    {
        _waiting.Writer.TryComplete();
        await _closing.CancelAsync().ConfigureAwait(false);
        if (_failure is null)
        {
            await Task.WhenAll(_slots.Select(slot => slot.Ended)).ConfigureAwait(false);
        }
        // After a failure a thread stands still inside the library, on memory of the model: nothing of it is freed.
        if (_failure is null)
        {
            _model.Dispose();
            _closing.Dispose();
        }
    }

    /// <summary>Called on the thread on which the library failed, which will never return.</summary>
    private void Fail(NativeFailureException failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is not null)
        {
            return;
        }
        _waiting.Writer.TryComplete();
        foreach (var slot in _slots)
        {
            slot.Abandon(failure);
        }
        while (_waiting.Reader.TryRead(out var job))
        {
            job.End(failure);
        }
    }

    private Exception Refusal() => (Exception?)_failure ?? new ObjectDisposedException(nameof(IModel), $"The model {_model.Card.Name} is disposed.");

    private Exception? Explain(Exception? error, Job job) => error switch
    {
        OperationCanceledException when _failure is not null => _failure,
        OperationCanceledException when job.Caller.IsCancellationRequested => new OperationCanceledException(job.Caller),
        OperationCanceledException when _closing.IsCancellationRequested => Refusal(),
        _ => error,
    };

    /// <summary>One owner thread with its sessions.</summary>
    private sealed class Slot
    {
        private readonly SessionSlots _owner;
        private readonly Dictionary<SessionKind, ISession> _sessions = [];
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile Job? _current;

        public Slot(SessionSlots owner, string name)
        {
            _owner = owner;
            new Thread(Serve) { Name = name, IsBackground = true }.Start();
        }

        public Task Ended => _ended.Task;

        public void Abandon(NativeFailureException failure)
        {
            _current?.End(failure);
            _current?.Stop();
            _ended.TrySetResult();
        }

        private void Serve()
        {
            var waiting = _owner._waiting.Reader;
            while (waiting.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (waiting.TryRead(out var job))
                {
                    _current = job;
                    job.End(_owner.Explain(Run(job), job));
                    _current = null;
                }
            }
            if (_owner._failure is null)
            {
                Forget();
            }
            _ended.TrySetResult();
        }

        // Whatever a request meets is that request's alone: it goes to its reader, and the slot takes the next one.
        private Exception? Run(Job job)
        {
            if (_owner._failure is { } failure)
            {
                return failure;
            }
            using var closing = _owner._closing.Token.UnsafeRegister(static state => ((Job)state!).Stop(), job);
            try
            {
                job.Stopping.ThrowIfCancellationRequested();
                job.Run(SessionFor(job.Kind));
                return null;
            }
            catch (Exception error) when (error is EngineException or OperationCanceledException)
            {
                return error;
            }
            catch (Exception error)
            {
                Forget(); // of unknown cause: no state made before it is trusted after it
                return error;
            }
        }

        private ISession SessionFor(SessionKind asked)
        {
            SessionKind kind = _owner._model.Shared(asked);
            if (_sessions.TryGetValue(kind, out var session))
            {
                return session;
            }
            try
            {
                session = _owner._model.CreateSession(kind);
            }
            catch (InsufficientMemoryException) when (_sessions.Count > 0)
            {
                Forget(); // the idle sessions of other kinds may be what is in the way
                session = _owner._model.CreateSession(kind);
            }
            return _sessions[kind] = session;
        }

        private void Forget()
        {
            foreach (var session in _sessions.Values)
            {
                session.Dispose();
            }
            _sessions.Clear();
        }
    }
}
