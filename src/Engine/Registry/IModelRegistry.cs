namespace Engine.Registry;

/// <summary>The configured models by name, according to the current configuration. The registry owns them.</summary>
public interface IModelRegistry
{
    /// <summary>The configured names; the default model's comes first.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Whether a model can take requests.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    ModelStatus StatusOf(string? name = null);

    /// <summary>The configuration of a model. While a change is loading, or if it fails to load, another version serves.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    ModelOptions OptionsOf(string? name = null);

    /// <summary>The model, once it is loaded: waits for it to load, and starts loading if that has not begun or has failed. It stays usable when its
    /// configuration changes: each call finishes on the version on which it began.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <param name="cancellationToken">Cancels the waiting, not the loading.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    /// <exception cref="EngineException">The model could not be loaded.</exception>
    ValueTask<IModel> GetAsync(string? name = null, CancellationToken cancellationToken = default);

    /// <summary>Leases a model in its current version, for work that takes several calls: card, tokenizer and verbs belong to one version. The version stays
    /// loaded until the lease is disposed, which does not dispose of the model.</summary>
    /// <param name="name">Its name in the configuration; null for the default model.</param>
    /// <param name="cancellationToken">Cancels the waiting, not the loading.</param>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    /// <exception cref="EngineException">The model could not be loaded.</exception>
    ValueTask<IModel> LeaseAsync(string? name = null, CancellationToken cancellationToken = default);
}
