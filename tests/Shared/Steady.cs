namespace Tests.Shared;

/// <summary>Measuring and waiting that a loaded machine does not upset.</summary>
internal static class Steady
{
    /// <summary>The least of some measurements. What else goes on in the process (a collection, another test on the same
    /// core) only ever adds to one; what the measured code itself costs is in all of them.</summary>
    public static long Least(int times, Func<long> measure) => Enumerable.Range(0, times).Min(_ => measure());

    /// <summary>A token that is cancelled after a time by a thread of its own: timers wait for a thread of the pool,
    /// and under load that can take longer than the work that is to be cancelled.</summary>
    public static CancellationToken CancelledAfter(TimeSpan time)
    {
        var source = new CancellationTokenSource(); // never disposed: nobody knows who of the two threads is the last
        new Thread(() =>
        {
            using var never = new ManualResetEventSlim();
            never.Wait(time);
            source.Cancel();
        })
        { IsBackground = true }.Start();
        return source.Token;
    }
}
