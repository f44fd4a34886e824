using Engine.Shadow;
using Microsoft.Extensions.Logging;

namespace Engine.Registry;

/// <summary>
/// The versions of one configured model: the one that serves, those that are draining, and the next one. A change
/// loads the new version beside the old one; new requests go to it when it is ready, and running ones finish where they began.
/// </summary>
internal sealed partial class ModelVersions : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly ModelLoader _loader;
    private readonly ILogger _logger;
    private readonly HashSet<ModelVersion> _retiring = [];
    private readonly RetryWatch _retry;
    private readonly IdleWatch _idle;
    private ModelOptions _wanted;
    private ModelWork _work = ModelWork.None;
    private ModelVersion? _current;
    private ProvenModel? _proven;   // the last that served
    private RefusedOptions? _refusal;      // of what is wanted
    private Exception? _failure;    // why nothing serves
    private bool _removed;
    private bool _disposed;

    public ModelVersions(string name, ModelOptions options, ModelLoader loader, ILogger logger, TimeProvider time)
    {
        (_name, _wanted, _loader, _logger) = (name, options, loader, logger);
        _retry = new RetryWatch(time, LookAtFiles);
        _idle = new IdleWatch(time, UnloadIdle);
    }

    /// <summary>What is configured.</summary>
    public ModelOptions Wanted
    {
        get { lock (_lock) { return _wanted; } }
    }

    /// <summary>What serves; null if nothing does.</summary>
    public ModelVersion? Current
    {
        get { lock (_lock) { return _current; } }
    }

    /// <summary>The time until the serving version is unloaded if it gets no request; null if it is kept or none serves.</summary>
    public TimeSpan? TimeLeft
    {
        get
        {
            lock (_lock)
            {
                return _wanted.UnloadAfter is not { } limit || _current is null ? null : limit - _current.Idle is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>The card of the last version that served: a card is data, and outlives it.</summary>
    public ModelCard? LastCard
    {
        get { lock (_lock) { return _proven?.Card; } }
    }

    public ModelStatus Status
    {
        get
        {
            lock (_lock)
            {
                return _current is { IsOpen: true } && DelegatingModel.Find<ISupervisedModel>(_current.Model) is { State: not ModelState.Ready } supervised ? new(_name, supervised.State, supervised.Failure)
                    : _current?.IsOpen == true ? (_refusal?.Reason ?? DelegatingModel.Find<ShadowModel>(_current.Model)?.Trouble) is { } trouble
                        ? new(_name, ModelState.Degraded, trouble) : new(_name, ModelState.Ready)
                    : _work is { Loads: true, IsRunning: true } ? new(_name, ModelState.Loading)
                    : _failure is not null ? new(_name, ModelState.Failed, _failure)
                    : new(_name, ModelState.Waiting);
            }
        }
    }

    /// <summary>Leases the version that serves; waits for one, and starts loading it if nothing else has.</summary>
    /// <exception cref="EngineException">It could not be loaded, or the configuration no longer has it.</exception>
    public async Task<ModelLease> EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ModelWork work;
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_disposed, typeof(IModel));
                if (_removed)
                {
                    throw new ConfigurationException(
                        $"Asking the model '{_name}': it was removed from the configuration. Add {EngineOptions.SectionName}:Models:{_name} again, or ask another model.");
                }
                DropGivenUp();
                if (_current?.TryEnter() == true)
                {
                    return new ModelLease(_current, Fail);
                }
                work = Load();
            }
            try
            {
                await work.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (work.Stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested && !Volatile.Read(ref _disposed))
            {
                // A newer configuration has taken its place.
            }
        }
    }

    /// <summary>Leases the version that serves; null if none does.</summary>
    public ModelLease? TryEnter()
    {
        lock (_lock)
        {
            DropGivenUp();
            return _current?.TryEnter() == true ? new ModelLease(_current, Fail) : null;
        }
    }

    /// <summary>Applies a configuration. If it gives a different model, that is loaded, unless the first request is to load it.</summary>
    /// <param name="options">What is wanted now.</param>
    /// <param name="isNew">Whether the configuration did not have the model before.</param>
    public void Apply(ModelOptions options, bool isNew)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }
            bool changes = isNew || !ModelChange.GivesSame(_wanted, options);
            bool loads = options.Load == ModelLoad.AtStart || _current is not null || _work is { Loads: true, IsRunning: true };
            (_wanted, _removed) = (options, false);
            _idle.Arm(options.UnloadAfter);
            if (!changes)
            {
                return;
            }
            _failure = null; // a refusal stays until something else has loaded
            StopLoading();
            if (loads)
            {
                Background(Begin(ChangeAsync));
            }
        }
    }

    /// <summary>The model was removed from the configuration: running requests are answered, and then it is unloaded.</summary>
    public void Remove()
    {
        lock (_lock)
        {
            if (_disposed || _removed)
            {
                return;
            }
            (_removed, _refusal, _failure) = (true, null, null);
            StopLoading();
            if (_current is { } current)
            {
                (_current, _proven) = (null, null);
                Retire(current);
            }
        }
        _logger.Removed(_name);
    }

    public async ValueTask DisposeAsync()
    {
        ModelWork work;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }
            _disposed = true;
            StopLoading();
            work = _work;
        }
        await work.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ModelVersion[] all;
        lock (_lock)
        {
            all = [.. _retiring, .. _current is null ? Array.Empty<ModelVersion>() : [_current]];
        }
        foreach (ModelVersion version in all)
        {
            await DisposeOfAsync(version).ConfigureAwait(false);
        }
        _retry.Dispose();
        _idle.Dispose();
    }

    /// <summary>The load in progress, or a new one. Called within the lock.</summary>
    private ModelWork Load() => _work is { Loads: true, IsRunning: true, Stop.IsCancellationRequested: false } ? _work : Begin(ChangeAsync);

    private ModelWork Begin(Func<CancellationToken, Task> work, bool loads = true) => _work = _work.Then(work, loads);

    /// <summary>Called within the lock, where callbacks of the token must not run.</summary>
    private void StopLoading()
    {
        if (_work.Loads)
        {
            _ = _work.Stop.CancelAsync();
        }
    }

    /// <summary>Discards a version that will never answer again, unless another request has already done so.</summary>
    private void Fail(ModelVersion version, NativeFailureException failure)
    {
        lock (_lock)
        {
            if (_disposed || _current != version)
            {
                return;
            }
            (_current, _failure) = (null, failure);
            Retire(version);
        }
        _logger.Failed(_name, failure.Message);
    }

    /// <summary>Discards a version whose process is no longer restarted; the next version starts afresh. Called within the lock.</summary>
    private void DropGivenUp()
    {
        if (_current is { } current && DelegatingModel.Find<ISupervisedModel>(current.Model) is { State: ModelState.Failed } supervised)
        {
            (_current, _failure) = (null, supervised.Failure);
            Retire(current);
        }
    }

    /// <summary>A file of a version that was refused has changed: it may load now.</summary>
    private void LookAtFiles(RefusedOptions refusal)
    {
        lock (_lock)
        {
            if (!_disposed && !_removed && _refusal == refusal && (_current is not null || _wanted.Load == ModelLoad.AtStart) && !_work.IsRunning)
            {
                Background(Begin(ChangeAsync));
            }
        }
    }

    private TimeSpan? UnloadIdle()
    {
        lock (_lock)
        {
            if (_disposed || _current is not { } current || _wanted.UnloadAfter is not { } limit)
            {
                return null; // the next version arms the watch again
            }
            if (_work.IsRunning || !current.TryCloseIdle(limit))
            {
                return limit - current.Idle is var left && left > TimeSpan.Zero ? left : limit;
            }
            _current = null;
            Begin(_ => DisposeOfAsync(current), loads: false);
        }
        _logger.UnloadedIdle(_name, Wanted.UnloadAfter);
        return null;
    }

    /// <summary>Called within the lock.</summary>
    private void Retire(ModelVersion version)
    {
        _retiring.Add(version);
        _ = Task.Run(async () =>
        {
            await version.CloseAsync().ConfigureAwait(false);
            await DisposeOfAsync(version).ConfigureAwait(false);
            lock (_lock)
            {
                _retiring.Remove(version);
            }
        });
    }

    private async Task DisposeOfAsync(ModelVersion version)
    {
        try
        {
            await version.DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Disposing of a failed model may fail, too; that is only logged.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.DisposalFailed(e, _name);
        }
    }

    /// <summary>Not awaited: errors go to the log.</summary>
    private void Background(ModelWork work) => work.Task.ContinueWith(
        ended => _logger.DoesNotServe(_name, ended.Exception!.InnerException!.Message),
        CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}

/// <summary>What is left of a version that has served: data alone, so that an unloaded model's memory is free.</summary>
/// <param name="Options">What it was loaded with.</param>
/// <param name="Stamp">Its files, as they were then.</param>
/// <param name="Card">Its card.</param>
internal sealed record ProvenModel(ModelOptions Options, FileStamp Stamp, ModelCard Card);
