using Engine.Configuration;
using Engine.Generation;
using Engine.LlamaCpp.Interop;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.LlamaCpp;

/// <summary>The production backend: GGUF files of any architecture that llama.cpp runs.</summary>
/// <param name="logger">Receives llama.cpp's log.</param>
public sealed class LlamaCppBackend(ILogger<LlamaCppBackend>? logger = null) : IModelBackend
{
    /// <summary>The name in configuration and on the command line.</summary>
    public const string BackendName = "llama.cpp";

    private readonly ILogger _logger = logger ?? (ILogger)NullLogger.Instance;

    /// <summary>How to compute, for comparing right ways with each other.</summary>
    internal NativeVariant Variant { get; init; } = NativeVariant.AsServed;

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    /// <remarks>The weights stay in the file, which is mapped: it must not be changed or cut while the model is loaded.</remarks>
    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        var model = await Task.Run(() => LoadFileAsync(options, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new SessionModel(model, options.Slots, logger: _logger);
    }

    internal async Task<LlamaCppModel> LoadFileAsync(ModelOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var plan = LoadPlan.Read(options, _logger);
        try
        {
            var library = LlamaLibrary.Load(options.LibraryPath, _logger, Variant.Plugin);
            NativeGuard.Install();
            var device = DeviceSelection.Choose(kind => kind.Absence(library), options.Device, options.GpuLayers, _logger);
            plan.RequireMemory(device);
            var handle = await new ModelLoading(plan.Facts, device, progress, cancellationToken) { Repacks = Variant.Repacks }.RunAsync().ConfigureAwait(false);
            return new LlamaCppModel(handle, plan, device)
            {
                Variant = Variant,
                Adapters = await AdaptersAsync(handle, plan, options).ConfigureAwait(false),
            };
        }
        catch
        {
            plan.File.Dispose();
            throw;
        }
    }

    private static async Task<LlamaAdapters> AdaptersAsync(ModelHandle model, LoadPlan plan, ModelOptions options)
    {
        try
        {
            return await LlamaAdapters.LoadAsync(model, plan.File, options.VocabularyOnly ? [] : options.Adapters).ConfigureAwait(false);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
