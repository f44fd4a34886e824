namespace Engine.Registry;

/// <summary>The configured models by name. Each is loaded once, and again after a failure; the registry owns them.</summary>
public interface IModelRegistry
{
    /// <summary>The configured names; the default model's comes first.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Whether a model can take requests.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    ModelStatus StatusOf(string? name = null);

    /// <summary>The loaded model; waits for its loading, and begins it where it has not begun or has failed.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <param name="cancellationToken">Ends the waiting, not the loading.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    /// <exception cref="EngineException">The model could not be loaded.</exception>
    ValueTask<IModel> GetAsync(string? name = null, CancellationToken cancellationToken = default);
}
