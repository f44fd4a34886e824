using Microsoft.Extensions.Logging;

namespace Engine.Shadow;

/// <summary>Provides the model that samples are judged by. If it cannot be loaded, that is logged once and retried at growing intervals. Used by one thread at a time.</summary>
/// <param name="lease">Leases a configured model.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Receives why there is no oracle.</param>
internal sealed class ShadowOracle(Func<string, CancellationToken, Task<IModel>> lease, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly Dictionary<ShadowModel, IModel> _references = [];
    private readonly Dictionary<ShadowModel, (long Since, TimeSpan Pause)> _failures = [];

    /// <summary>The oracle of a model, to be disposed after use.</summary>
    /// <returns>Null if there is none at present.</returns>
    public async Task<IModel?> TakeAsync(ShadowModel model, string name, CancellationToken cancellationToken)
    {
        if (_failures.TryGetValue(model, out (long Since, TimeSpan Pause) failure) && time.GetElapsedTime(failure.Since) < failure.Pause)
        {
            return null;
        }
        try
        {
            return IsReference(name)
                ? new Borrowed(await ReferenceAsync(model, cancellationToken).ConfigureAwait(false))
                : await lease(name, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Backends are user code: whatever one throws is the reason why there is no oracle.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Refuse(model, name, e.Message);
            return null;
        }
    }

    /// <summary>Notes that an oracle cannot judge a model, so that it is not asked again for a while.</summary>
    public void Refuse(ShadowModel model, string name, string reason)
    {
        TimeSpan pause = _failures.TryGetValue(model, out (long, TimeSpan Pause) before) ? 2 * before.Pause : FirstPause;
        _failures[model] = (time.GetTimestamp(), pause < LongestPause ? pause : LongestPause);
        if (model.OracleFailure is null)
        {
            model.OracleFailure = new EngineException($"Nothing checks the answers: the oracle '{name}' cannot be used. {reason}");
            logger.OracleIsGone(model.Name, name, reason);
        }
    }

    /// <summary>Notes that an oracle has judged a sample of a model.</summary>
    public void Accept(ShadowModel model, string name)
    {
        if (_failures.Remove(model))
        {
            model.OracleFailure = null;
            logger.OracleIsBack(name, model.Name);
        }
    }

    /// <summary>Unloads oracles that no longer judge a model.</summary>
    /// <param name="name">The configured oracle.</param>
    public async Task PruneAsync(string name)
    {
        bool keeps = IsReference(name);
        foreach ((ShadowModel model, IModel reference) in _references.Where(reference => !keeps || reference.Key.IsReleased).ToArray())
        {
            _references.Remove(model);
            await reference.DisposeAsync().ConfigureAwait(false);
        }
        foreach (ShadowModel model in _failures.Keys.Where(model => model.IsReleased).ToArray())
        {
            _failures.Remove(model);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IModel reference in _references.Values)
        {
            await reference.DisposeAsync().ConfigureAwait(false);
        }
        _references.Clear();
    }

    private static bool IsReference(string name) => string.Equals(name, ShadowOptions.Reference, StringComparison.OrdinalIgnoreCase);

    private async Task<IModel> ReferenceAsync(ShadowModel model, CancellationToken cancellationToken)
    {
        if (!_references.TryGetValue(model, out IModel? reference))
        {
            reference = await model.LoadReference(cancellationToken).ConfigureAwait(false);
            _references.Add(model, reference);
        }
        return reference;
    }

    /// <summary>A model that stays loaded when it is disposed of.</summary>
    private sealed class Borrowed(IModel reference) : DelegatingModel(reference)
    {
        protected override ValueTask ReleaseAsync() => ValueTask.CompletedTask;
    }
}
