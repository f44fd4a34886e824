namespace Engine.Registry;

/// <summary>The configured models by name, as the configuration has them at present. The registry owns them.</summary>
public interface IModelRegistry
{
    /// <summary>The configured names; the default model's comes first.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Whether a model can take requests.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    ModelStatus StatusOf(string? name = null);

    /// <summary>What is configured of a model. While a change of it loads, or where it does not load, another version serves.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    ModelOptions OptionsOf(string? name = null);

    /// <summary>The model, once it is loaded: waits for its loading, and begins it where it has not begun or has failed. It stays usable when its
    /// configuration changes: each of its verbs runs to its end on the version on which it began.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <param name="cancellationToken">Cancels the waiting, not the loading.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    /// <exception cref="EngineException">The model could not be loaded.</exception>
    ValueTask<IModel> GetAsync(string? name = null, CancellationToken cancellationToken = default);

    /// <summary>Holds a model as it is now, for what takes several calls: card, tokenizer and verbs are those of one version. The version stays
    /// loaded until it is disposed, which ends the holding and not the model.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <param name="cancellationToken">Cancels the waiting, not the loading.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    /// <exception cref="EngineException">The model could not be loaded.</exception>
    ValueTask<IModel> LeaseAsync(string? name = null, CancellationToken cancellationToken = default);
}
