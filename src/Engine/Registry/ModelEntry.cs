using System.Runtime.CompilerServices;

namespace Engine.Registry;

/// <summary>
/// One configured model, whichever of its versions serves: its verbs wait for one and lease it until they end, so that it can be
/// taken in a constructor before the host has started, and kept while its configuration changes.
/// </summary>
internal sealed class ModelEntry : IModel, IDisposable
{
    private readonly string _name;
    private readonly ModelVersions _versions;
    private readonly LeasedTokenizer _tokenizer;
    private readonly CancellationTokenSource _disposal = new();
    private readonly Lock _lock = new();
    private CancellationToken? _startStopping;

    public ModelEntry(string name, ModelVersions versions) => (_name, _versions, _tokenizer) = (name, versions, new LeasedTokenizer(this));

    /// <summary>Set while the host starts; cancelled when it stops. A first load that fails during that time fails the start.</summary>
    public CancellationToken? StartStopping
    {
        get { lock (_lock) { return _startStopping; } }
        set { lock (_lock) { _startStopping = value; } }
    }

    /// <summary>What is configured.</summary>
    public ModelOptions Options => _versions.Wanted;

    public ModelStatus Status => _versions.Status with { IsStarting = IsStarting };

    /// <summary>The time until it is unloaded if it gets no request; null if it is kept or not loaded.</summary>
    public TimeSpan? TimeLeft => _versions.TimeLeft;

    public ModelCard Card => _versions.Current?.Model.Card ?? _versions.LastCard ?? throw NotLoaded();

    public ITokenizer Tokenizer => _versions.LastCard is null || _versions.Status.State == ModelState.Failed ? throw NotLoaded() : _tokenizer;

    /// <summary>Whether a failed load fails the start. Otherwise the next request tries again.</summary>
    private bool IsStarting => StartStopping is not null && _versions.LastCard is null && Options.Load == ModelLoad.AtStart;

    /// <summary>Loads the model unless it is loaded; calls during a loading wait for that one.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        ModelLease lease = await EnterAsync(cancellationToken).ConfigureAwait(false);
        await lease.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Leases the version that serves, once there is one; fails if loading fails, even while the host starts.</summary>
    public Task<ModelLease> EnterAsync(CancellationToken cancellationToken) => _versions.EnterAsync(cancellationToken);

    /// <summary>Leases the version that serves, once there is one. An error that fails the host's start is reported only there.</summary>
    public async ValueTask<IModel> LeaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await EnterAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (EngineException) when (IsStarting)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, StartStopping ?? default, _disposal.Token);
            await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Leases the version that serves; null if none does.</summary>
    public ModelLease? TryLease() => _versions.TryEnter();

    /// <summary>Applies the configuration.</summary>
    public void Apply(ModelOptions options, bool isNew) => _versions.Apply(options, isNew);

    /// <summary>The configuration no longer has it.</summary>
    public void Remove() => _versions.Remove();

    public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
        RunAsync(model => model.ScoreAsync(request, cancellationToken), cancellationToken);

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        RunAsync(model => model.GenerateAsync(request, cancellationToken), cancellationToken);

    public async ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        IModel model = await LeaseAsync(cancellationToken).ConfigureAwait(false);
        await using (model.ConfigureAwait(false))
        {
            return await model.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync().ConfigureAwait(false);
        await _versions.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async IAsyncEnumerable<T> RunAsync<T>(Func<IModel, IAsyncEnumerable<T>> verb, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IModel model = await LeaseAsync(cancellationToken).ConfigureAwait(false);
        await using (model.ConfigureAwait(false))
        {
            await foreach (T item in verb(model).WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                yield return item;
            }
        }
    }

    private InvalidOperationException NotLoaded()
    {
        Exception? failure = Status.Failure;
        return new($"Reading the card or the tokenizer of the model '{_name}': expected it to be loaded, {(failure is null ? "it is not yet" : "it has failed")}. "
            + $"Read it after the host has started, or await {nameof(IModelRegistry)}.{nameof(IModelRegistry.GetAsync)}(\"{_name}\") first.", failure);
    }
}
