namespace Engine.Registry;

/// <summary>What is done to the versions of a model, one thing after the other: the last that was begun.</summary>
/// <param name="Task">Ends with it.</param>
/// <param name="Stop">Cancelled by whatever takes its place.</param>
/// <param name="Loads">Whether it brings a model; else it only takes one away.</param>
internal sealed record ModelWork(Task Task, CancellationTokenSource Stop, bool Loads)
{
    public static ModelWork None { get; } = new(Task.CompletedTask, new CancellationTokenSource(), Loads: false);

    public bool IsRunning => !Task.IsCompleted;

    /// <summary>Begins something once what was begun before has ended.</summary>
    /// <param name="work">Gets the token of <see cref="Stop"/>.</param>
    /// <param name="loads">Whether it brings a model.</param>
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
