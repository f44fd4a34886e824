namespace Engine.LlamaCpp.Runtime;

/// <summary>Lets one native model compute at a time, first come, first served.</summary>
/// <remarks>ggml's threads wait for each other by spinning. Two computations with as many threads as there are cores do not share the
/// machine but bring it to a halt: two contexts together made 1.2 to 1.8 tokens/s, whereas one alone makes 26.6, and both taking turns 28.6. In LLamaSharp,
/// all computations of a process wait for a lock that cannot be cancelled; waiting here can be cancelled.</remarks>
internal sealed class ComputeGate
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Turn> _waiting = [];
    private NativeFailureException? _failure;
    private bool _taken;

    /// <summary>The gate of all native models of this process.</summary>
    public static ComputeGate OfProcess { get; } = new();

    /// <summary>Waits for the turn; <see cref="Leave"/> ends it.</summary>
    /// <exception cref="OperationCanceledException">The request was cancelled first.</exception>
    /// <exception cref="NativeFailureException">The turn will never be free again.</exception>
    public void Take(CancellationToken cancellationToken)
    {
        LinkedListNode<Turn> turn;
        lock (_lock)
        {
            if (_failure is not null)
            {
                throw _failure;
            }
            if (!_taken)
            {
                _taken = true;
                return;
            }
            turn = _waiting.AddLast(new Turn());
        }
        using ManualResetEventSlim came = turn.Value.Came;
        try
        {
            came.Wait(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            bool itCame;
            lock (_lock)
            {
                itCame = turn.List is null;
                if (!itCame)
                {
                    _waiting.Remove(turn);
                }
            }
            if (itCame)
            {
                Leave();
            }
            throw;
        }
        if (turn.Value.Failure is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Passes the turn to whoever has waited longest.</summary>
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

    /// <summary>Declares that the computation in progress never ends, so that nobody else can compute.</summary>
    /// <returns>The error for everyone waiting.</returns>
    public NativeFailureException Close(string reason)
    {
        lock (_lock)
        {
            _failure ??= new NativeFailureException(reason);
            foreach (Turn turn in _waiting)
            {
                turn.Failure = _failure;
                turn.Came.Set();
            }
            _waiting.Clear();
            return _failure;
        }
    }

    private sealed class Turn
    {
        public ManualResetEventSlim Came { get; } = new();

        public NativeFailureException? Failure { get; set; }
    }
}
