namespace Engine.LLamaSharp;

/// <summary>LLamaSharp computes for one context at a time in the whole process and has all others wait in a lock that nobody
/// can leave. Whoever waits here instead can be cancelled, and gives up when the computation before it never ends.</summary>
internal sealed class ComputationTurn : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly CancellationTokenSource _closed = new();
    private volatile NativeFailureException? _failure;

    /// <summary>That of all models of this process.</summary>
    public static ComputationTurn OfProcess { get; } = new();

    /// <summary>Waits until nobody computes.</summary>
    /// <exception cref="OperationCanceledException">The request was cancelled first.</exception>
    /// <exception cref="NativeFailureException">It will never be anybody's turn again.</exception>
    public void Take(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        try
        {
            _one.Wait(either.Token);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw _failure!;
        }
    }

    /// <summary>Lets the next one compute.</summary>
    public void Leave() => _one.Release();

    /// <summary>Says that the computation under way never ends.</summary>
    public NativeFailureException Close(string reason)
    {
        var failure = _failure ??= new NativeFailureException(reason);
        _closed.Cancel();
        return failure;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _one.Dispose();
        _closed.Dispose();
    }
}
