using Engine.Shadow;
using Engine.Telemetry;

namespace Engine.Registry;

/// <summary>The transition from the version that serves to the one that is wanted.</summary>
internal sealed partial class ModelVersions
{
    /// <summary>Replaces the version that serves by the one that is wanted. If that fails to load, the previous one continues or is loaded again.</summary>
    private async Task ChangeAsync(CancellationToken stop)
    {
        (ModelOptions wanted, ModelVersion? current, ProvenModel? proven, RefusedOptions? refusal) = Snapshot();
        if (current is not null && ModelChange.GivesSame(current.Options, wanted))
        {
            Settle(); // the change was reverted
            return;
        }
        FileStamp stamp = FileStamp.Of(wanted);
        // Retried when the file or the configuration changes; if no other version serves, also with each request.
        bool hasOther = proven is not null && !ModelChange.GivesSame(proven.Options, wanted);
        bool isHopeless = refusal is not null && refusal.Stamp == stamp && ModelChange.GivesSame(refusal.Options, wanted) && (refusal.Reason is GateException || hasOther);
        if (!isHopeless)
        {
            try
            {
                Install(await LoadAsync(wanted, stamp, current, stop).ConfigureAwait(false));
                CountSwap(hasOther, TelemetryNames.Succeeded);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                throw;
            }
#pragma warning disable CA1031 // Backends may be third-party code: whatever one throws is the reason why its model does not serve.
            catch (Exception e)
#pragma warning restore CA1031
            {
                refusal = new RefusedOptions(wanted, stamp, e);
                Refuse(refusal, hasOther);
                CountSwap(hasOther, TelemetryNames.Failed);
            }
        }
        if (Current is not null)
        {
            return;
        }
        if (!hasOther)
        {
            throw Failed(refusal!.Reason);
        }
        try
        {
            Install(await LoadAsync(proven!.Options, FileStamp.Of(proven.Options), null, stop).ConfigureAwait(false));
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            _logger.CannotGoBack(e, _name);
            throw Failed(e);
        }
    }

    private void CountSwap(bool isOne, string outcome)
    {
        if (isOne)
        {
            Instruments.Swaps.Add(1, new(TelemetryNames.Model, _name), new(TelemetryNames.Outcome, outcome));
        }
    }

    /// <summary>Loads a version beside the old one if there is room, otherwise in its place.</summary>
    private async Task<ModelVersion> LoadAsync(ModelOptions options, FileStamp stamp, ModelVersion? old, CancellationToken stop)
    {
        bool isProven = _proven is { } proven && proven.Stamp == stamp && ModelChange.GivesSame(proven.Options, options);
        try
        {
            return await _loader.LoadAsync(_name, options, stamp, isProven, stop).ConfigureAwait(false);
        }
        catch (InsufficientMemoryException e) when (old is not null || IsDraining)
        {
            _logger.NoRoomForBoth(_name, e.Message);
        }
        await UnloadAsync(old, stop).ConfigureAwait(false);
        return await _loader.LoadAsync(_name, options, stamp, isProven, stop).ConfigureAwait(false);
    }

    private bool IsDraining
    {
        get { lock (_lock) { return _retiring.Count > 0; } }
    }

    private async Task UnloadAsync(ModelVersion? old, CancellationToken stop)
    {
        ModelVersion[] all;
        lock (_lock)
        {
            all = [.. old is null ? Array.Empty<ModelVersion>() : [old], .. _retiring];
        }
        try
        {
            await Task.WhenAll(all.Select(version => version.CloseAsync())).WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (_current == old)
                {
                    old?.Reopen();
                }
            }
            throw;
        }
        lock (_lock)
        {
            _current = _current == old ? null : _current;
        }
        await Task.WhenAll(all.Select(DisposeOfAsync)).ConfigureAwait(false);
    }

    private (ModelOptions, ModelVersion?, ProvenModel?, RefusedOptions?) Snapshot()
    {
        lock (_lock)
        {
            return (_wanted, _current, _proven, _refusal);
        }
    }

    private void Install(ModelVersion version)
    {
        DelegatingModel.Find<ShadowModel>(version.Model)?.Hold = () => version.TryEnter() ? new ModelLease(version, Fail) : null;
        lock (_lock)
        {
            if (_current is { } old)
            {
                Retire(old);
                _logger.Swapped(_name, version.Options.Path, old.Options.Path);
            }
            (_current, _proven, _failure) = (version, new(version.Options, version.Stamp, version.Model.Card), null);
            if (_removed)
            {
                (_current, _proven) = (null, null);
                Retire(version);
            }
            if (ModelChange.GivesSame(version.Options, _wanted))
            {
                Settle();
            }
            _idle.Arm(_wanted.UnloadAfter);
        }
    }

    /// <summary>The wanted version now serves.</summary>
    private void Settle()
    {
        lock (_lock)
        {
            _refusal = null;
            _retry.Disarm();
        }
    }

    private void Refuse(RefusedOptions refusal, bool hasOther)
    {
        lock (_lock)
        {
            _refusal = refusal;
            _retry.Arm(refusal);
        }
        if (hasOther)
        {
            _logger.SwapFailed(_name, refusal.Reason.Message);
        }
    }

    private Exception Failed(Exception reason)
    {
        lock (_lock)
        {
            _failure = reason;
        }
        return reason;
    }
}
