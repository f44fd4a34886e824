using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Tests.Shared;

/// <summary>Measuring and waiting that a loaded machine does not upset.</summary>
internal static partial class Steady
{
    /// <summary>The least of some measurements. What else runs in the process (a collection, another test on the same
    /// core) only ever adds to one; what the measured code itself costs is in all of them.</summary>
    public static long Least(int times, Func<long> measure) => Enumerable.Range(0, times).Min(_ => measure());

    /// <summary>How much processor time this thread has taken, in seconds: other threads and processes do not add to it, as they do to
    /// what a clock shows. The clock where the system has no such count.</summary>
    public static unsafe double ThreadTime()
    {
        const int LinuxThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID
        long* time = stackalloc long[2]; // struct timespec: seconds, nanoseconds
        return OperatingSystem.IsLinux() && ClockGetTime(LinuxThreadClock, time) == 0
            ? time[0] + (time[1] * 1e-9)
            : Stopwatch.GetElapsedTime(0).TotalSeconds;
    }

    /// <summary>How many times as much processor time something takes for this many times the input, each the least of three
    /// measurements: as many times where it is linear, the square where it is quadratic.</summary>
    /// <param name="times">The larger input, in units of the smaller.</param>
    /// <param name="work">Does it for an input of this many units.</param>
    public static double Growth(int times, Action<int> work)
    {
        work(1); // compiled
        double small = Measure(1), large = Measure(times);
        return large / small;

        double Measure(int units) => Enumerable.Range(0, 3).Min(_ =>
        {
            double begin = ThreadTime();
            work(units);
            return ThreadTime() - begin;
        });
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static unsafe partial int ClockGetTime(int clock, long* time);

    /// <summary>A token that is cancelled after a time by a thread of its own: timers wait for a thread of the pool,
    /// and under load that can take longer than the work that is to be cancelled.</summary>
    public static CancellationToken CancelledAfter(TimeSpan time)
    {
        var source = new CancellationTokenSource(); // never disposed: either of the two threads may be the last to use it
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
