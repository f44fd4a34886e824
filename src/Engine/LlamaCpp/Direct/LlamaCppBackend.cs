using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Runtime;
using Engine.Serving;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.LlamaCpp.Direct;

/// <summary>The production backend: GGUF files of any architecture that llama.cpp runs.</summary>
/// <param name="logger">Receives llama.cpp's log.</param>
public sealed class LlamaCppBackend(ILogger<LlamaCppBackend>? logger = null) : IModelBackend
{
    /// <summary>The name in configuration and on the command line.</summary>
    public const string BackendName = "llama.cpp";

    private readonly ILogger _logger = logger ?? (ILogger)NullLogger.Instance;

    /// <summary>How to compute, to compare correct ways with each other.</summary>
    internal NativeVariant Variant { get; init; } = NativeVariant.AsServed;

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    /// <remarks>The weights stay in the file, which is mapped, so it must not be changed or truncated while the model is loaded.</remarks>
    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        var model = await Task.Run(() => LoadFileAsync(options, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new ServedModel(model, ServingOptions.Of(options), _logger);
    }

    internal Task<LlamaCppModel> LoadFileAsync(ModelOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var plan = LoadPlan.Read(options, _logger);
        return LoadAsync(plan, options, progress, cancellationToken).OrDispose(plan.File);
    }

    private async Task<LlamaCppModel> LoadAsync(LoadPlan plan, ModelOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var library = LlamaLibrary.Load(options.LibraryPath, _logger, Variant.Plugin);
        NativeGuard.Install();
        var device = DeviceSelection.Choose(kind => kind.Absence(library), options.Device, options.GpuLayers, _logger).Divided(options);
        plan.RequireMemory(device);
        var handle = await new ModelLoading(plan.Facts, device, progress, cancellationToken) { Repacks = Variant.Repacks && plan.Repacks }.RunAsync().ConfigureAwait(false);
        return new LlamaCppModel(handle, plan, device)
        {
            Variant = Variant,
            Adapters = await LlamaAdapters.LoadAsync(handle, plan.File, options.VocabularyOnly ? [] : options.Adapters).OrDispose(handle).ConfigureAwait(false),
        };
    }
}
