using Engine.LlamaCpp.Runtime;

namespace Engine.Tests.LlamaCpp.Runtime;

public sealed class ComputeGateTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public void Turns_come_one_at_a_time_in_the_order_of_the_requests()
    {
        var gate = new ComputeGate();
        gate.Take(default);
        var order = new List<int>();
        var threads = new List<Thread>();
        for (int i = 0; i < 8; i++)
        {
            int number = i;
            var thread = new Thread(() =>
            {
                gate.Take(default);
                order.Add(number); // no lock: whoever has the turn is alone
                gate.Leave();
            });
            thread.Start();
            threads.Add(thread);
            SpinWait.SpinUntil(() => thread.ThreadState == ThreadState.WaitSleepJoin);
        }
        gate.Leave();
        Assert.All(threads, thread => Assert.True(thread.Join(Soon)));
        Assert.Equal(Enumerable.Range(0, 8), order);
    }

    [Fact]
    public void A_cancelled_waiter_does_not_hold_up_others()
    {
        var gate = new ComputeGate();
        gate.Take(default);
        using var cancellation = new CancellationTokenSource(20);
        Assert.ThrowsAny<OperationCanceledException>(() => gate.Take(cancellation.Token));
        gate.Leave();
        gate.Take(default);
        gate.Leave();
    }

    [Fact]
    public void Waiters_for_a_computation_that_never_ends_get_an_error_and_so_do_later_requests()
    {
        var gate = new ComputeGate();
        gate.Take(default);
        Exception? waited = null;
        var waiting = new Thread(() => waited = Record.Exception(() => gate.Take(default)));
        waiting.Start();
        Assert.False(waiting.Join(50));

        NativeFailureException failure = gate.Close("stuck");

        Assert.True(waiting.Join(Soon));
        Assert.Same(failure, waited);
        Assert.Same(failure, Assert.Throws<NativeFailureException>(() => gate.Take(default)));
        Assert.Same(failure, gate.Close("again"));
    }
}
