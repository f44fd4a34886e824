using Engine.LlamaCpp.Runtime;
using Engine.Serving;
using Engine.Shadow;
using Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace Engine.Registry;

/// <summary>Creates a version of a model: chooses its backend, loads it, and runs its gate.</summary>
internal sealed class ModelLoader(IEnumerable<IModelBackend> backends, ModelGate gate, ShadowCapture shadow, ILogger logger, TimeProvider time)
{
    /// <summary>How long a cancelled load may take to end. Then it is abandoned.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IModelBackend[] _backends = [.. backends];

    /// <summary>Loads a version.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="options">The model's options.</param>
    /// <param name="stamp">Its files.</param>
    /// <param name="isProven">Whether the same model has served before and need not pass the gate again.</param>
    /// <param name="stop">Cancels loading.</param>
    /// <exception cref="EngineException">It cannot be loaded.</exception>
    /// <exception cref="GateException">It does not pass.</exception>
    public async Task<ModelVersion> LoadAsync(string name, ModelOptions options, FileStamp stamp, bool isProven, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var choice = BackendChoice.Of(options, _backends.Select(backend => backend.Name));
        // The last registration of a name wins, as everywhere in the container.
        IModelBackend backend = _backends.Last(backend => StrictSection.Same(backend.Name, choice.Name));
        logger.Loading(name, options.Path, backend.Name, choice.Reason);
        IModel model = await EndedAsync(name, options, Task.Run(() => LoadAsync(name, backend, options, isProven, stop), CancellationToken.None), stop).ConfigureAwait(false);
        logger.Loaded(name, model.Card.Architecture, model.Card.Parameters, model.Card.FileType, model.Card.Device);
        return new ModelVersion(new MeteredModel(name, Shadowed(name, model, options, stamp)), options, stamp, time);
    }

    private ShadowModel Shadowed(string name, IModel model, ModelOptions options, FileStamp stamp) =>
        new(model, name, options, taps: model is ServedModel, shadow)
        {
            LoadReference = async stop =>
            {
                // One low-priority thread, so that the oracle takes at most one core and gives way to requests.
                IModel reference = await ReferenceOracle.LoadAsync(_backends, options with { Threads = 1, BatchThreads = 1, Name = null, ThreadBegins = BackgroundThread.Begin }, model.Card, stop).ConfigureAwait(false);
                if (FileStamp.Of(options) == stamp)
                {
                    return reference;
                }
                await reference.DisposeAsync().ConfigureAwait(false);
                throw new ModelFileException($"Loading the reference for the model '{name}': expected {options.Path} as it was when the model was loaded, found it changed since. Load the model again.");
            },
        };

    /// <summary>Loads a model that has passed its gate.</summary>
    private async Task<IModel> LoadAsync(string name, IModelBackend backend, ModelOptions options, bool isProven, CancellationToken stop)
    {
        IModel model = await backend.LoadAsync(options with { Name = name }, new LoadingProgress(name, logger, time), stop).ConfigureAwait(false);
        try
        {
            if (!isProven && options.Gate is { } asked)
            {
                await gate.PassAsync(name, model, options, asked, stop).ConfigureAwait(false);
            }
            return model;
        }
        catch
        {
            await model.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits for a load, but not long for a cancelled one that does not respond: one of its files may never arrive.</summary>
    private async Task<IModel> EndedAsync(string name, ModelOptions options, Task<IModel> loading, CancellationToken stop)
    {
        try
        {
            return await loading.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Task ended = DisposeOfAsync(loading);
            if (await Task.WhenAny(ended, Task.Delay(Patience, time, CancellationToken.None)).ConfigureAwait(false) != ended)
            {
                logger.LoadingDoesNotEnd(name, options.Path);
            }
            throw;
        }
    }

    /// <summary>Frees the model if a cancelled load completes after all.</summary>
    private static async Task DisposeOfAsync(Task<IModel> loading)
    {
        await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loading.IsCompletedSuccessfully)
        {
            await loading.Result.DisposeAsync().ConfigureAwait(false);
        }
    }
}
