using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Engine.Registry;

/// <summary>The models of one container.</summary>
internal sealed class ModelRegistry : IModelRegistry, IAsyncDisposable, IDisposable
{
    private readonly Dictionary<string, ModelEntry> _models = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="ConfigurationException">The configuration has mistakes; all of them are in the message.</exception>
    public ModelRegistry(IOptions<EngineOptions> options, IEnumerable<IModelBackend> backends, ILogger<ModelRegistry> logger)
    {
        IDictionary<string, ModelOptions> models = Read(options).Models;
        string defaultName = models.ContainsKey(EngineOptions.DefaultModelName) ? EngineOptions.DefaultModelName : models.Keys.Single();
        foreach ((string name, ModelOptions model) in models)
        {
            var choice = BackendChoice.Of(model, backends.Select(backend => backend.Name));
            // The last registration of a name wins, as everywhere in the container.
            IModelBackend backend = backends.Last(backend => StrictSection.Same(backend.Name, choice.Name));
            _models.Add(name, new ModelEntry(name, model, backend, choice.Reason, logger));
        }
        Names = [defaultName, .. _models.Keys.Where(name => !StrictSection.Same(name, defaultName))];
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>The entry of a name, loaded or not.</summary>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    public ModelEntry Find(string? name) =>
        _models.TryGetValue(name ?? Names[0], out ModelEntry? model)
            ? model
            : throw new ConfigurationException(
                $"Looking for the model '{name}': expected one of the configured models, which are {string.Join(", ", Names.Select(known => $"'{known}'"))}. "
                + $"Ask for one of these or add {EngineOptions.SectionName}:Models:{name} to the configuration.");

    public ModelStatus StatusOf(string? name = null) => Find(name).Status;

    public async ValueTask<IModel> GetAsync(string? name = null, CancellationToken cancellationToken = default)
    {
        ModelEntry model = Find(name);
        await model.WaitAsync(cancellationToken).ConfigureAwait(false);
        return model;
    }

    /// <summary>While the host starts, a failed first loading fails the start and is reported once; callers waiting for the model wait for the shutdown.</summary>
    /// <param name="stopping">Cancelled when the host stops; null once it has started.</param>
    public void FailuresEndStart(CancellationToken? stopping)
    {
        foreach (ModelEntry model in _models.Values)
        {
            model.StartStopping = stopping;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ModelEntry model in _models.Values)
        {
            await model.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static EngineOptions Read(IOptions<EngineOptions> options)
    {
        try
        {
            return options.Value;
        }
        catch (OptionsValidationException e)
        {
            throw new ConfigurationException(e.Message); // which the runtime shows without a stack trace
        }
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
