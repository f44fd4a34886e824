using Engine.LlamaCpp;
using Engine.LlamaCpp.Direct;
using Engine.Registry;
using Microsoft.Extensions.Logging;

namespace Engine.Remote.Isolation;

/// <summary>The one model of a child process. A failed load is not retried: the parent starts another process for that.</summary>
internal sealed class ChildModels : IModelRegistry, IAsyncDisposable
{
    private readonly CancellationTokenSource _disposal = new();
    private readonly ModelOptions _options;
    private readonly NativeVariant? _variant;
    private readonly Task<IModel> _loading;

    public ChildModels(ChildOrder order, IEnumerable<IModelBackend> backends, ILoggerFactory loggers, IProgress<float> progress)
    {
        (_options, _variant) = (order.Model, order.Variant);
        _loading = Task.Run(() => LoadAsync([.. backends], loggers, progress).AsTask());
    }

    public IReadOnlyList<string> Names { get; } = [EngineOptions.DefaultModelName];

    public ModelStatus StatusOf(string? name = null) => new(
        Names[0], _loading.IsCompletedSuccessfully ? ModelState.Ready : _loading.IsCompleted ? ModelState.Failed : ModelState.Loading, _loading.Exception?.InnerException);

    public ModelOptions OptionsOf(string? name = null) => _options;

    public async ValueTask<IModel> LeaseAsync(string? name = null, CancellationToken cancellationToken = default) => new Lease(await GetAsync(name, cancellationToken).ConfigureAwait(false));

    public async ValueTask<IModel> GetAsync(string? name = null, CancellationToken cancellationToken = default) => await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync().ConfigureAwait(false);
        await ((Task)_loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_loading.IsCompletedSuccessfully)
        {
            await _loading.Result.DisposeAsync().ConfigureAwait(false);
        }
        _disposal.Dispose();
    }

    private ValueTask<IModel> LoadAsync(IModelBackend[] backends, ILoggerFactory loggers, IProgress<float> progress)
    {
        if (_variant is not null)
        {
            return LoadAsync(_variant, loggers, progress);
        }
        var choice = BackendChoice.Of(_options, backends.Select(backend => backend.Name));
        IModelBackend backend = Array.FindLast(backends, backend => StrictSection.Same(backend.Name, choice.Name)) ?? throw new ConfigurationException(
            $"Loading a model in its own process: expected one of the backends that its program adds ({string.Join(", ", backends.Select(backend => backend.Name))}), found '{choice.Name}'. "
            + $"Add it in the call {nameof(EngineChild)}.{nameof(EngineChild.RunIfAskedAsync)}, too.");
        loggers.CreateLogger<ChildModels>().LoadingHere(_options.Path, backend.Name, choice.Reason, Environment.ProcessId);
        return backend.LoadAsync(_options, progress, _disposal.Token);
    }

    private async ValueTask<IModel> LoadAsync(NativeVariant variant, ILoggerFactory loggers, IProgress<float> progress)
    {
        var backend = new LlamaCppBackend(loggers.CreateLogger<LlamaCppBackend>()) { Variant = variant };
        return variant.BatchedRequests == 0 ? await backend.LoadAsync(_options, progress, _disposal.Token).ConfigureAwait(false)
            : new BatchOfEight(await backend.LoadFileAsync(_options, progress, _disposal.Token).ConfigureAwait(false), variant.BatchedRequests);
    }

    /// <summary>The model lives as long as the process.</summary>
    private sealed class Lease(IModel model) : DelegatingModel(model)
    {
        protected override ValueTask ReleaseAsync() => ValueTask.CompletedTask;
    }
}
