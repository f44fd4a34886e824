using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Engine.Registry;

/// <summary>
/// One configured model, whether it is loaded already or not: its verbs wait for the loading, so that it can be taken in
/// a constructor before the host has started. Once loaded, a call goes straight through.
/// </summary>
internal sealed class ModelEntry(string name, ModelOptions options, IModelBackend backend, string reason, ILogger logger) : IModel, IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _disposal = new();
    private Task<IModel>? _loading;
    private bool _disposed;

    /// <summary>Set while the host starts: cancelled when it stops. A loading that fails then fails the start.</summary>
    public CancellationToken? StartStopping { get; set; }

    public bool IsLoaded => _loading is { IsCompletedSuccessfully: true };

    public ModelCard Card => Loaded.Card;

    public ITokenizer Tokenizer => Loaded.Tokenizer;

    private IModel Loaded => _loading is { IsCompleted: true } loading
        ? loading.GetAwaiter().GetResult()
        : throw new InvalidOperationException(
            $"Reading the card or the tokenizer of the model '{name}': expected it to be loaded, it is not yet. "
            + $"Read it after the host has started, or await {nameof(IModelRegistry)}.{nameof(IModelRegistry.GetAsync)}(\"{name}\") first.");

    /// <summary>Loads the model at the first call; every call returns the one loading.</summary>
    public Task<IModel> LoadAsync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // Off the caller's thread: a backend reads gigabytes before its first await.
            return _loading ??= Task.Run(LoadOnceAsync);
        }
    }

    /// <summary>The model once it is loaded.</summary>
    public async Task<IModel> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (EngineException) when (StartStopping is not null)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, StartStopping ?? default, _disposal.Token);
            await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(false);
            throw;
        }
    }

    public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
        IsLoaded ? Loaded.ScoreAsync(request, cancellationToken) : AfterLoadingAsync(model => model.ScoreAsync(request, cancellationToken), cancellationToken);

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        IsLoaded ? Loaded.GenerateAsync(request, cancellationToken) : AfterLoadingAsync(model => model.GenerateAsync(request, cancellationToken), cancellationToken);

    public async ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        IModel model = await WaitAsync(cancellationToken).ConfigureAwait(false);
        return await model.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
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
        _disposal.Dispose();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task<IModel> LoadOnceAsync()
    {
        logger.LogInformation("Loading the model '{Model}' from {Path} with {Backend} ({Reason})", name, options.Path, backend.Name, reason);
        IModel model = await backend.LoadAsync(options, new LoadingProgress(name, logger, TimeProvider.System), _disposal.Token).ConfigureAwait(false);
        logger.LogInformation("Loaded the model '{Model}': {Architecture}, {Parameters} parameters, {FileType}, on {Device}",
            name, model.Card.Architecture, model.Card.Parameters, model.Card.FileType, model.Card.Device);
        return model;
    }

    private async IAsyncEnumerable<T> AfterLoadingAsync<T>(
        Func<IModel, IAsyncEnumerable<T>> verb, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IModel model = await WaitAsync(cancellationToken).ConfigureAwait(false);
        await foreach (T item in verb(model).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return item;
        }
    }
}
