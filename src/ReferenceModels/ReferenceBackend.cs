using Engine;
using Engine.Configuration;
using Engine.Generation;
using Engine.Gguf;

namespace ReferenceModels;

/// <summary>The backend <c>reference</c>: models computed by managed code, in F32, on the CPU.</summary>
public sealed class ReferenceBackend : IModelBackend
{
    /// <summary>The name in configuration and on the command line.</summary>
    public const string BackendName = "reference";

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    /// <remarks>The weights stay in the file, which is mapped and must not change while the model is loaded.</remarks>
    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Device is not ("auto" or "cpu"))
        {
            throw new DeviceUnavailableException($"Loading {options.Path} with the reference backend: it computes on the cpu only, asked for was device '{options.Device}'. Set the device to cpu or auto, or use the llama.cpp backend.");
        }
        ReferenceModel model = await Task.Run(() => Load(options), cancellationToken).ConfigureAwait(false);
        progress?.Report(1);
        return new SessionModel(model, options.Slots);
    }

    private static ReferenceModel Load(ModelOptions options)
    {
        GgufFile file = GgufFile.Open(options.Path);
        try
        {
            GgufPreflight.Check(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        return new ReferenceModel(file, options.ContextLength, options.Threads);
    }
}
