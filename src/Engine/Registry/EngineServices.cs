using Engine.Chat;
using Engine.LlamaCpp.Direct;
using Engine.Shadow;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Engine.Registry;

/// <summary>Registers the engine and its configured models.</summary>
public static class EngineServices
{
    /// <summary>
    /// Registers the models of the section <c>Engine</c> and the backend <c>llama.cpp</c>: the default model as
    /// <see cref="IModel"/>, each by name as keyed <see cref="IModel"/> (<c>[FromKeyedServices("oracle")]</c>), and
    /// <see cref="IModelRegistry"/> for asynchronous access. The same names give an <see cref="IChatClient"/> and an
    /// <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of <see cref="string"/> and <see cref="Embedding{T}"/> of <see cref="float"/>.
    /// </summary>
    /// <remarks>
    /// The options are checked when the host starts; all errors are reported in one <see cref="ConfigurationException"/>. Relative paths are looked
    /// up in the content root, the program's folder and the current one; <c>builtin:llama-stories</c> names a model that comes with the engine.
    /// A stop of the host while models load ends it without an error. The models are loaded when the
    /// host starts, or by their first request where that comes earlier. An <see cref="IModel"/> can therefore be taken in
    /// a constructor: its verbs wait for the loading, while <see cref="IModel.Card"/> and <see cref="IModel.Tokenizer"/>
    /// throw <see cref="InvalidOperationException"/> until it is done. A model whose native code fails is discarded, and its
    /// next request loads it again. Configuration changes apply while the host runs: models are added, changed and removed, and requests that
    /// are running finish on the version they began on. The container disposes the models.
    /// </remarks>
    /// <param name="services">The container's services.</param>
    /// <param name="configuration">The configuration that holds the section <c>Engine</c>.</param>
    public static EngineBuilder AddEngine(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelBackend, LlamaCppBackend>());
        services.AddOptions<EngineOptions>().ValidateOnStart();
        services.AddSingleton(provider => new EngineConfiguration(
            configuration.GetSection(EngineOptions.SectionName), provider.GetServices<IModelBackend>(),
            new SearchFolders(provider.GetService<IHostEnvironment>()?.ContentRootPath), new ConfigurationFiles(configuration)));
        services.AddSingleton<IConfigureOptions<EngineOptions>>(provider => provider.GetRequiredService<EngineConfiguration>());
        services.AddSingleton<IPostConfigureOptions<EngineOptions>>(provider => provider.GetRequiredService<EngineConfiguration>());
        services.AddSingleton<IValidateOptions<EngineOptions>>(provider => provider.GetRequiredService<EngineConfiguration>());
        services.AddSingleton<IOptionsChangeTokenSource<EngineOptions>>(provider => new ConfigurationChanges(
            configuration.GetSection(EngineOptions.SectionName), provider.GetRequiredService<IOptionsFactory<EngineOptions>>(), LoggerOf(provider), ClockOf(provider)));
        services.TryAddSingleton(CreateRegistry);
        services.TryAddSingleton<IModelRegistry>(provider => provider.GetRequiredService<ModelRegistry>());
        services.TryAddSingleton<IModel>(provider => provider.GetRequiredService<ModelRegistry>().Find(null));
        services.TryAddKeyedSingleton<IModel>(
            KeyedService.AnyKey, (provider, name) => provider.GetRequiredService<ModelRegistry>().Find(name as string));
        services.TryAddSingleton<IChatClient>(provider => new ModelChatClient(ClientModelOf(provider, null)));
        services.TryAddKeyedSingleton<IChatClient>(KeyedService.AnyKey, (provider, name) => new ModelChatClient(ClientModelOf(provider, name as string)));
        services.TryAddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(provider => new ModelEmbeddingGenerator(ClientModelOf(provider, null)));
        services.TryAddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            KeyedService.AnyKey, (provider, name) => new ModelEmbeddingGenerator(ClientModelOf(provider, name as string)));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IShadowSink, LoggingShadowSink>(
            provider => new LoggingShadowSink(provider.GetService<ILogger<LoggingShadowSink>>() ?? NullLogger<LoggingShadowSink>.Instance)));
        services.AddHostedService<StartupLoading>();
        services.AddSingleton(provider => new ShadowCapture(provider.GetRequiredService<IOptionsMonitor<EngineOptions>>().CurrentValue.Shadow, ClockOf(provider)));
        services.AddHostedService(CreateJudge);
        return new EngineBuilder(services);
    }

    private static ModelRegistry CreateRegistry(IServiceProvider provider)
    {
        var monitor = provider.GetRequiredService<IOptionsMonitor<EngineOptions>>();
        try
        {
            var registry = new ModelRegistry(monitor.CurrentValue, provider.GetServices<IModelBackend>(), LoggerOf(provider), ClockOf(provider), provider.GetRequiredService<ShadowCapture>());
            registry.Follow(monitor);
            return registry;
        }
        catch (OptionsValidationException e)
        {
            throw new ConfigurationException(e.Message); // which the runtime shows without a stack trace
        }
    }

    private static ShadowJudge CreateJudge(IServiceProvider provider)
    {
        var registry = provider.GetRequiredService<ModelRegistry>();
        return new ShadowJudge(
            provider.GetRequiredService<ShadowCapture>(), async (name, stop) => await registry.Find(name).EnterAsync(stop).ConfigureAwait(false),
            provider.GetServices<IShadowSink>(), provider.GetService<IShadowTolerances>(), provider.GetService<ILogger<ShadowJudge>>() ?? NullLogger<ShadowJudge>.Instance);
    }

    private static ILogger<ModelRegistry> LoggerOf(IServiceProvider provider) => provider.GetService<ILogger<ModelRegistry>>() ?? NullLogger<ModelRegistry>.Instance;

    private static TimeProvider ClockOf(IServiceProvider provider) => provider.GetService<TimeProvider>() ?? TimeProvider.System;

    private static ClientModel ClientModelOf(IServiceProvider provider, string? name)
    {
        var registry = provider.GetRequiredService<ModelRegistry>();
        ModelEntry model = registry.Find(name);
        return new ClientModel(model, model.Status.Name, model.LeaseAsync, () => model.Status.State is ModelState.Ready or ModelState.Degraded);
    }
}
