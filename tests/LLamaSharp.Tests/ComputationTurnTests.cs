namespace Engine.LLamaSharp.Tests;

public sealed class ComputationTurnTests
{
    [Fact]
    public void Who_waits_for_a_computation_that_never_ends_is_told_so_and_so_is_who_comes_later()
    {
        using var turn = new ComputationTurn();
        turn.Take(default);
        Exception? waited = null;
        var waiting = new Thread(() => waited = Record.Exception(() => turn.Take(default)));
        waiting.Start();
        Assert.False(waiting.Join(50));

        NativeFailureException failure = turn.Close("stuck");

        waiting.Join();
        Assert.Same(failure, waited);
        Assert.Same(failure, Assert.Throws<NativeFailureException>(() => turn.Take(default)));
        Assert.Same(failure, turn.Close("again"));
    }

    [Fact]
    public void It_is_one_after_the_other()
    {
        using var turn = new ComputationTurn();
        (int inside, int most, int done) = (0, 0, 0);
        Parallel.For(0, 50, _ =>
        {
            turn.Take(default);
            most = Math.Max(most, ++inside);
            done++;
            inside--;
            turn.Leave();
        });
        Assert.Equal((1, 50), (most, done));
    }
}
