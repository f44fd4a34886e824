namespace Engine.Registry;

/// <summary>The latest piece of work on the versions of a model; each starts when the one before has ended.</summary>
/// <param name="Task">Completes when it has ended.</param>
/// <param name="Stop">Cancelled by the work that replaces it.</param>
/// <param name="Loads">Whether it loads a model; otherwise it only unloads one.</param>
internal sealed record ModelWork(Task Task, CancellationTokenSource Stop, bool Loads)
{
    public static ModelWork None { get; } = new(Task.CompletedTask, new CancellationTokenSource(), Loads: false);

    public bool IsRunning => !Task.IsCompleted;

    /// <summary>Starts work once the previous work has ended.</summary>
    /// <param name="work">Gets the token of <see cref="Stop"/>.</param>
    /// <param name="loads">Whether it loads a model.</param>
    public ModelWork Then(Func<CancellationToken, Task> work, bool loads)
    {
        var stop = new CancellationTokenSource();
        // Off the caller's thread: a backend reads gigabytes before its first await.
        return new ModelWork(System.Threading.Tasks.Task.Run(RunAsync, CancellationToken.None), stop, loads);

        async Task RunAsync()
        {
            await Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Token.ThrowIfCancellationRequested();
            await work(stop.Token).ConfigureAwait(false);
        }
    }
}
