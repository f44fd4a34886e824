namespace Engine.LlamaCpp;

/// <summary>Lets one native model compute on the processor at a time, in the order in which they ask.</summary>
/// <remarks>ggml's threads wait for each other by spinning. Two computations with as many threads as there are cores do not share the
/// machine but stop it: two contexts made 1.2 to 1.8 tokens/s together where one alone makes 26.6, and 28.6 taking turns.</remarks>
internal sealed class ComputeGate
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Turn> _waiting = [];
    private bool _taken;

    /// <summary>That of all native models of this process.</summary>
    public static ComputeGate OfProcess { get; } = new();

    /// <summary>Waits for the turn; <see cref="Leave"/> ends it.</summary>
    /// <exception cref="OperationCanceledException">The request was cancelled first.</exception>
    public void Take(CancellationToken cancellationToken)
    {
        LinkedListNode<Turn> turn;
        lock (_lock)
        {
            if (!_taken)
            {
                _taken = true;
                return;
            }
            turn = _waiting.AddLast(new Turn());
        }
        try
        {
            turn.Value.Came.Wait(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (turn.List is not null)
                {
                    _waiting.Remove(turn);
                    throw;
                }
            }
            Leave(); // it came all the same, and belongs to the next one
            throw;
        }
        finally
        {
            turn.Value.Came.Dispose();
        }
    }

    /// <summary>Hands the turn to whoever has waited longest.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                next.Value.Came.Set();
            }
            else
            {
                _taken = false;
            }
        }
    }

    private sealed class Turn
    {
        public ManualResetEventSlim Came { get; } = new();
    }
}
