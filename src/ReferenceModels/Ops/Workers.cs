using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace ReferenceModels.Ops;

/// <summary>
/// A parallel loop for kernels: helpers that stay hot between the hundreds of short loops of one token and sleep when
/// there is nothing to do. The caller always works too, so a loop ends even if no helper comes.
/// </summary>
/// <remarks>Safe to share between passes and to nest: the newest loop gets the helpers, the others are finished by
/// their own callers. Which thread runs an index is undefined; a body that writes only what belongs to its index gives the
/// same result with any number of threads.</remarks>
internal sealed class Workers : IDisposable
{
    // Longer than the serial code between two loops of a forward pass, short enough not to burn an idle core.
    private static readonly long SpinTicks = Stopwatch.Frequency / 5000;

    private readonly Thread[] _helpers;
    private readonly SemaphoreSlim _wake = new(0);
    private Loop _newest = new(0, static _ => { });
    private int _parked;
    private volatile bool _disposed;

    /// <summary>Workers for <paramref name="threads"/> threads, the caller's included; 0 takes the number of cores.</summary>
    public Workers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        _helpers = new Thread[Threads - 1];
        for (var i = 0; i < _helpers.Length; i++)
        {
            _helpers[i] = new Thread(Help) { IsBackground = true, Name = $"reference worker {i + 1}" };
            _helpers[i].Start();
        }
    }

    /// <summary>Threads that work on a loop, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Runs <paramref name="body"/> for 0 … <paramref name="count"/> − 1, in any order, on all threads.</summary>
    /// <remarks>The first exception of a body is rethrown here once every started index has ended; indices not yet started are skipped.</remarks>
    public void For(int count, Action<int> body)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (count <= 1 || Threads == 1)
        {
            for (var i = 0; i < count; i++)
            {
                body(i);
            }

            return;
        }
        var loop = new Loop(count, body);
        Interlocked.Exchange(ref _newest, loop);
        WakeParked();
        loop.Work();
        loop.WaitForOthers();
    }

    /// <summary>Stops the helpers. No loop may be running.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _wake.Release(Threads);
        foreach (var helper in _helpers)
        {
            helper.Join();
        }

        _wake.Dispose();
    }

    private void WakeParked()
    {
        if (Volatile.Read(ref _parked) == 0)
        {
            return;
        }

        var parked = Interlocked.Exchange(ref _parked, 0);
        if (parked > 0)
        {
            _wake.Release(parked);
        }
    }

    private void Help()
    {
        Loop? seen = null;
        while (!_disposed)
        {
            var loop = Volatile.Read(ref _newest);
            if (loop != seen)
            {
                loop.Work();
                seen = loop;
            }
            else
            {
                WaitForNext(loop);
            }
        }
    }

    private void WaitForNext(Loop seen)
    {
        var start = Stopwatch.GetTimestamp();
        do
        {
            for (var i = 0; i < 64; i++)
            {
                if (Volatile.Read(ref _newest) != seen || _disposed)
                {
                    return;
                }

                Thread.SpinWait(4);
            }
        }
        while (Stopwatch.GetTimestamp() - start < SpinTicks);
        Interlocked.Increment(ref _parked);
        // A loop published before the increment did not see this helper: wake it here, or it would sleep through the loop.
        if (Volatile.Read(ref _newest) != seen)
        {
            WakeParked();
        }

        _wake.Wait();
    }

    private sealed class Loop(int count, Action<int> body)
    {
        private int _next;
        private int _done;
        private ExceptionDispatchInfo? _failure;

        public void Work()
        {
            for (int i; (i = Interlocked.Increment(ref _next) - 1) < count; Interlocked.Increment(ref _done))
            {
                if (Volatile.Read(ref _failure) is not null)
                {
                    continue;
                }

                try
                {
                    body(i);
                }
#pragma warning disable CA1031 // Whatever a body throws is rethrown to the caller of For.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
                }
            }
        }

        public void WaitForOthers()
        {
            var spin = new SpinWait();
            while (Volatile.Read(ref _done) < count)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }

            _failure?.Throw();
        }
    }
}
