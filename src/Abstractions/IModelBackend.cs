namespace Engine;

/// <summary>Something that can load models: <c>llama.cpp</c>, <c>reference</c>, … Chosen by name in configuration.</summary>
public interface IModelBackend
{
    /// <summary>The name used in configuration and on the command line, such as <c>llama.cpp</c>.</summary>
    string Name { get; }

    /// <summary>Loads one model.</summary>
    /// <param name="options">Path, device, context length, threads.</param>
    /// <param name="progress">Receives the fraction loaded, 0 to 1; may be null.</param>
    /// <param name="cancellationToken">Cancels the loading.</param>
    /// <exception cref="EngineException">The file, the library, the device or the memory is not what was requested.</exception>
    ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default);
}
