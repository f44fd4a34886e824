using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public class WorkersTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(5)]
    public void Every_index_runs_once(int threads)
    {
        using var workers = new Workers(threads);
        for (var loop = 0; loop < 500; loop++)
        {
            var runs = new int[loop % 40];
            workers.For(runs.Length, i => Interlocked.Increment(ref runs[i]));
            Assert.All(runs, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void A_sleeping_helper_is_woken()
    {
        using var workers = new Workers(2);
        using var both = new Barrier(2);
        for (var loop = 0; loop < 3; loop++)
        {
            // Longer than a helper stays awake; each index then waits for the other, so both threads must work.
            new ManualResetEventSlim().Wait(20);
            workers.For(2, _ => Assert.True(both.SignalAndWait(TimeSpan.FromSeconds(30))));
        }
    }

    [Fact]
    public void An_exception_in_a_body_reaches_the_caller_and_the_workers_keep_working()
    {
        using var workers = new Workers(3);
        for (var loop = 0; loop < 20; loop++)
        {
            var e = Assert.Throws<InvalidOperationException>(() => workers.For(100, i =>
            {
                if (i == 17)
                {
                    throw new InvalidOperationException("seventeen");
                }
            }));
            Assert.Equal("seventeen", e.Message);
            var sum = 0;
            workers.For(10, i => Interlocked.Add(ref sum, i));
            Assert.Equal(45, sum);
        }
    }

    [Fact]
    public void Workers_can_be_shared_and_nested()
    {
        using var workers = new Workers(2);
        Parallel.For(0, 4, _ =>
        {
            for (var loop = 0; loop < 100; loop++)
            {
                var sum = 0;
                workers.For(5, i => workers.For(5, j => Interlocked.Add(ref sum, 5 * i + j)));
                Assert.Equal(300, sum);
            }
        });
    }

    [Fact]
    public void Disposing_stops_sleeping_and_awake_helpers_and_may_be_repeated()
    {
        var workers = new Workers(4);
        workers.For(8, _ => { });
        workers.Dispose();
        workers.Dispose();
        Assert.Throws<ObjectDisposedException>(() => workers.For(2, _ => { }));
    }
}
