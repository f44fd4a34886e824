namespace Engine.LLamaSharp;

/// <summary>LLamaSharp computes for one context at a time in the whole process and has all others wait in a lock that nobody
/// can leave. Whoever waits here instead can be cancelled, and gives up when the computation before it never ends.</summary>
internal static class ComputationTurn
{
    private static readonly SemaphoreSlim One = new(1, 1);
    private static readonly CancellationTokenSource Closed = new();
    private static volatile NativeFailureException? _failure;

    /// <summary>Waits until nobody computes.</summary>
    /// <exception cref="OperationCanceledException">The request was cancelled first.</exception>
    /// <exception cref="NativeFailureException">It will never be anybody's turn again.</exception>
    public static void Take(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Closed.Token);
        try
        {
            One.Wait(either.Token);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw _failure!;
        }
    }

    /// <summary>Lets the next one compute.</summary>
    public static void Leave() => One.Release();

    /// <summary>Says that the computation under way never ends.</summary>
    public static NativeFailureException Close(string reason)
    {
        var failure = _failure ??= new NativeFailureException(reason);
        Closed.Cancel();
        return failure;
    }
}
