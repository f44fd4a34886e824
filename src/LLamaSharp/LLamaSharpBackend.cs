using Engine.LlamaCpp;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Runtime;
using Engine.Registry;
using Engine.Serving;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.LLamaSharp;

/// <summary>The backend <c>llamasharp</c>: llama.cpp through LLamaSharp and the native libraries of its packages.</summary>
/// <param name="logger">Receives LLamaSharp's and llama.cpp's log.</param>
/// <remarks>A process runs this backend or <see cref="LlamaCppBackend"/>, not both. LLamaSharp computes for one request at a time
/// in the whole process; slots share that turn.</remarks>
public sealed class LLamaSharpBackend(ILogger<LLamaSharpBackend>? logger = null) : IModelBackend
{
    /// <summary>The name in configuration and on the command line.</summary>
    public const string BackendName = BackendChoice.LLamaSharp;

    private readonly ILogger _logger = logger ?? (ILogger)NullLogger.Instance;

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    /// <remarks>The weights stay in the file, which is mapped: it must not be changed or cut while the model is loaded.</remarks>
    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        var model = await Task.Run(() => LoadFileAsync(options, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new ServedModel(model, ServingOptions.Of(options), _logger);
    }

    internal Task<LLamaSharpModel> LoadFileAsync(ModelOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var plan = LoadPlan.Read(options, _logger);
        return LoadAsync(plan, options, progress, cancellationToken).OrDispose(plan.File);
    }

    private async Task<LLamaSharpModel> LoadAsync(LoadPlan plan, ModelOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        LLamaSharpModel.Check(plan);
        var library = LLamaSharpLibrary.Load(options, _logger);
        NativeGuard.Install();
        var device = DeviceSelection.Choose(library.Absence, options.Device, options.GpuLayers, _logger).Divided(options);
        plan.RequireMemory(device);
        var handle = await new LLamaSharpLoading(plan, device, progress, cancellationToken).RunAsync().ConfigureAwait(false);
        return new LLamaSharpModel(handle, plan, device)
        {
            Adapters = await LLamaSharpAdapters.LoadAsync(handle, plan.File, options.VocabularyOnly ? [] : options.Adapters).OrDispose(handle).ConfigureAwait(false),
        };
    }
}
