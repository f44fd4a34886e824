using Engine.Shadow;
using Engine.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Engine.Registry;

/// <summary>The models of one container, according to its current configuration.</summary>
internal sealed class ModelRegistry : IModelRegistry, IAsyncDisposable, IDisposable
{
    private static readonly string[] States = [.. Enum.GetNames<ModelState>().Select(name => name.ToLowerInvariant())];

    private readonly Lock _lock = new();
    private readonly Func<string, ModelOptions, ModelEntry> _create;
    private readonly ShadowCapture _shadow;
    private readonly ILogger _logger;

    /// <summary>Includes removed models: the container may resolve one of them, and they may be added again.</summary>
    private readonly Dictionary<string, ModelEntry> _known = new(StringComparer.OrdinalIgnoreCase);

    private Roster _roster = new([], new Dictionary<string, ModelEntry>());
    private IDisposable? _following;

    public ModelRegistry(EngineOptions options, IEnumerable<IModelBackend> backends, ILogger<ModelRegistry> logger, TimeProvider? time = null, ShadowCapture? shadow = null)
    {
        TimeProvider clock = time ?? TimeProvider.System;
        _shadow = shadow ?? new ShadowCapture(options.Shadow, clock);
        var loader = new ModelLoader(backends, new ModelGate(async (name, stop) => await Find(name).EnterAsync(stop).ConfigureAwait(false), backends, logger), _shadow, logger, clock);
        _create = (name, model) => new ModelEntry(name, new ModelVersions(name, model, loader, logger, clock));
        _logger = logger;
        Enrol(options.Models);
        ModelStates.Add(this, States, () => Volatile.Read(ref _roster).Models.Select(model => (model.Key, States[(int)model.Value.Status.State])));
    }

    public IReadOnlyList<string> Names => Volatile.Read(ref _roster).Names;

    /// <summary>The entry of a name, loaded or not.</summary>
    /// <exception cref="ConfigurationException">No model of this name is configured.</exception>
    public ModelEntry Find(string? name)
    {
        Roster roster = Volatile.Read(ref _roster);
        return roster.Models.TryGetValue(name ?? roster.Names[0], out ModelEntry? model)
            ? model
            : throw new ConfigurationException(
                $"Looking for the model '{name}': expected one of the configured models, which are {string.Join(", ", roster.Names.Select(known => $"'{known}'"))}. "
                + $"Ask for one of these or add {EngineOptions.SectionName}:Models:{name} to the configuration.");
    }

    public ModelStatus StatusOf(string? name = null) => Find(name).Status;

    /// <summary>The time until a loaded model is unloaded if it gets no request; null if it is kept or not loaded.</summary>
    public TimeSpan? TimeLeftOf(string name) => Find(name).TimeLeft;

    public ModelOptions OptionsOf(string? name = null) => Find(name).Options;

    public async ValueTask<IModel> GetAsync(string? name = null, CancellationToken cancellationToken = default)
    {
        ModelEntry model = Find(name);
        if (model.Status.State is ModelState.Ready or ModelState.Degraded)
        {
            return model; // does not count as using it
        }
        IModel lease = await model.LeaseAsync(cancellationToken).ConfigureAwait(false);
        await lease.DisposeAsync().ConfigureAwait(false);
        return model;
    }

    public ValueTask<IModel> LeaseAsync(string? name = null, CancellationToken cancellationToken = default) => Find(name).LeaseAsync(cancellationToken);

    /// <summary>From now on, applies every configuration that the monitor reports.</summary>
    public void Follow(IOptionsMonitor<EngineOptions> monitor) => _following = monitor.OnChange(options => Apply(options));

    /// <summary>While the host starts, a failed first loading fails the start and is reported once; callers waiting for the model wait for the shutdown.</summary>
    /// <param name="stopping">Cancelled when the host stops; null once it has started.</param>
    public void FailuresEndStart(CancellationToken? stopping)
    {
        foreach (ModelEntry model in Volatile.Read(ref _roster).Models.Values)
        {
            model.StartStopping = stopping;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _following?.Dispose();
        ModelStates.Remove(this);
        ModelEntry[] all;
        lock (_lock)
        {
            all = [.. _known.Values];
        }
        foreach (ModelEntry model in all)
        {
            await model.DisposeAsync().ConfigureAwait(false);
        }
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Adds, changes and removes models until they are those of a configuration.</summary>
    private void Apply(EngineOptions options)
    {
        lock (_lock)
        {
            _shadow.Options = options.Shadow;
            Dictionary<string, ModelEntry> before = Volatile.Read(ref _roster).Models;
            Enrol(options.Models);
            foreach ((string name, ModelOptions model) in options.Models)
            {
                bool isNew = !before.ContainsKey(name);
                if (isNew)
                {
                    _logger.Added(name);
                }
                _known[name].Apply(model, isNew);
            }
            foreach ((string name, ModelEntry model) in before.Where(entry => !options.Models.ContainsKey(entry.Key)))
            {
                model.Remove();
            }
        }
    }

    private void Enrol(IDictionary<string, ModelOptions> models)
    {
        string defaultName = models.ContainsKey(EngineOptions.DefaultModelName) ? EngineOptions.DefaultModelName : models.Keys.Single();
        foreach ((string name, ModelOptions model) in models.Where(model => !_known.ContainsKey(model.Key)))
        {
            _known.Add(name, _create(name, model));
        }
        Volatile.Write(ref _roster, new Roster(
            [defaultName, .. models.Keys.Where(name => !StrictSection.Same(name, defaultName))],
            models.Keys.ToDictionary(name => name, name => _known[name], StringComparer.OrdinalIgnoreCase)));
    }

    /// <summary>The models of one configuration.</summary>
    /// <param name="Names">The default one's comes first.</param>
    /// <param name="Models">By name.</param>
    private sealed record Roster(IReadOnlyList<string> Names, Dictionary<string, ModelEntry> Models);
}
