using System.Runtime.CompilerServices;

namespace Engine.Registry;

/// <summary>A lease of a loaded model: it stays loaded until the lease is disposed, whatever the configuration does meanwhile.</summary>
/// <param name="version">Entered for this lease.</param>
/// <param name="failed">Called when its native code fails.</param>
internal sealed class ModelLease(ModelVersion version, Action<ModelVersion, NativeFailureException> failed) : DelegatingModel(version.Model)
{
    private int _ended;

    /// <summary>What the model was loaded with.</summary>
    public ModelOptions Options => version.Options;

    public override IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
        WatchAsync(() => Inner.ScoreAsync(request, cancellationToken), cancellationToken);

    public override IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        WatchAsync(() => Inner.GenerateAsync(request, cancellationToken), cancellationToken);

    public override async ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        try
        {
            return await Inner.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (NativeFailureException failure)
        {
            failed(version, failure);
            throw;
        }
    }

    /// <summary>Ends the lease.</summary>
    protected override ValueTask ReleaseAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            version.Leave();
        }
        return ValueTask.CompletedTask;
    }

    private async IAsyncEnumerable<T> WatchAsync<T>(Func<IAsyncEnumerable<T>> verb, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerator<T>? items = null;
        try
        {
            while (true)
            {
                try
                {
                    items ??= verb().GetAsyncEnumerator(cancellationToken);
                    if (!await items.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (NativeFailureException failure)
                {
                    failed(version, failure);
                    throw;
                }
                yield return items.Current;
            }
        }
        finally
        {
            if (items is not null)
            {
                await items.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
