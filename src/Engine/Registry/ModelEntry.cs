using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Engine.Registry;

/// <summary>
/// One configured model, whether it is loaded already or not: its verbs wait for the loading, so that it can be taken in
/// a constructor before the host has started. A model whose native code fails is replaced: the next request loads it again.
/// </summary>
internal sealed class ModelEntry(string name, ModelOptions options, IModelBackend backend, string reason, ILogger logger) : IModel, IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _disposal = new();

    /// <summary>Null before the first; failed also when the model it brought has failed since.</summary>
    private Task<IModel>? _loading;

    /// <summary>The last model's: a card is data, and outlives it.</summary>
    private ModelCard? _card;

    /// <summary>The disposals of models that have failed.</summary>
    private Task _retired = Task.CompletedTask;

    private CancellationToken? _startStopping;
    private bool _disposed;

    /// <summary>Set while the host starts: cancelled when it stops. A first loading that fails then fails the start.</summary>
    public CancellationToken? StartStopping
    {
        get { lock (_lock) { return _startStopping; } }
        set { lock (_lock) { _startStopping = value; } }
    }

    public ModelStatus Status
    {
        get
        {
            Task<IModel>? loading = Volatile.Read(ref _loading);
            return loading switch
            {
                null => new(name, ModelState.Waiting),
                { IsCompletedSuccessfully: true } => new(name, ModelState.Ready),
                { IsCompleted: true } => new(name, ModelState.Failed, loading.Exception?.InnerException),
                _ => new(name, ModelState.Loading),
            };
        }
    }

    public ModelCard Card => Loaded?.Card ?? Volatile.Read(ref _card) ?? throw NotLoaded();

    public ITokenizer Tokenizer => Loaded?.Tokenizer ?? throw NotLoaded();

    private IModel? Loaded => Volatile.Read(ref _loading) is { IsCompletedSuccessfully: true } loading ? loading.Result : null;

    /// <summary>Whether a failed loading is the start's failure. Otherwise the next request tries again.</summary>
    private bool FailsStart => StartStopping is not null && Volatile.Read(ref _card) is null;

    /// <summary>Loads the model unless it is loaded; calls during a loading return that one.</summary>
    public Task<IModel> LoadAsync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_loading is null || (_loading is { IsCompleted: true, IsCompletedSuccessfully: false } && !FailsStart))
            {
                // Off the caller's thread: a backend reads gigabytes before its first await.
                _loading = Task.Run(LoadOnceAsync);
            }
            return _loading;
        }
    }

    /// <summary>The model once it is loaded.</summary>
    public async Task<IModel> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (EngineException) when (FailsStart)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, StartStopping ?? default, _disposal.Token);
            await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(false);
            throw;
        }
    }

    public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
        RunAsync(model => model.ScoreAsync(request, cancellationToken), cancellationToken);

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        RunAsync(model => model.GenerateAsync(request, cancellationToken), cancellationToken);

    public async ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        IModel model = await WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await model.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (NativeFailureException failure)
        {
            Retire(model, failure);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }
            _disposed = true;
        }
        await _disposal.CancelAsync().ConfigureAwait(false);
        if (_loading is { } loading)
        {
            await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (loading.IsCompletedSuccessfully)
            {
                await loading.Result.DisposeAsync().ConfigureAwait(false);
            }
        }
        await _retired.ConfigureAwait(false);
        _disposal.Dispose();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task<IModel> LoadOnceAsync()
    {
        logger.LogInformation("Loading the model '{Model}' from {Path} with {Backend} ({Reason})", name, options.Path, backend.Name, reason);
        IModel model = await backend.LoadAsync(options, new LoadingProgress(name, logger, TimeProvider.System), _disposal.Token).ConfigureAwait(false);
        logger.LogInformation("Loaded the model '{Model}': {Architecture}, {Parameters} parameters, {FileType}, on {Device}",
            name, model.Card.Architecture, model.Card.Parameters, model.Card.FileType, model.Card.Device);
        Volatile.Write(ref _card, model.Card);
        return model;
    }

    private async IAsyncEnumerable<T> RunAsync<T>(Func<IModel, IAsyncEnumerable<T>> verb, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IModel model = await WaitAsync(cancellationToken).ConfigureAwait(false);
        IAsyncEnumerator<T>? items = null;
        try
        {
            while (true)
            {
                try
                {
                    items ??= verb(model).GetAsyncEnumerator(cancellationToken);
                    if (!await items.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (NativeFailureException failure)
                {
                    Retire(model, failure);
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

    /// <summary>Lets go of a model that will answer nothing any more, unless another request has met the failure before.</summary>
    private void Retire(IModel model, NativeFailureException failure)
    {
        lock (_lock)
        {
            if (_disposed || Loaded != model)
            {
                return;
            }
            _loading = Task.FromException<IModel>(failure);
            _retired = Task.WhenAll(_retired, Task.Run(() => DisposeOfAsync(model)));
        }
        logger.LogError("The model '{Model}' has failed, and its next request loads it again: {Reason}", name, failure.Message);
    }

    private async Task DisposeOfAsync(IModel failed)
    {
        try
        {
            await failed.DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // What has failed once may fail here, too, and nobody waits for it but the log.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.LogError(e, "Disposing of the failed model '{Model}'", name);
        }
    }

    private InvalidOperationException NotLoaded()
    {
        Exception? failure = Status.Failure;
        return new($"Reading the card or the tokenizer of the model '{name}': expected it to be loaded, {(failure is null ? "it is not yet" : "it has failed")}. "
            + $"Read it after the host has started, or await {nameof(IModelRegistry)}.{nameof(IModelRegistry.GetAsync)}(\"{name}\") first.", failure);
    }
}
