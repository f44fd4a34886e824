using Engine.Registry;
using Engine.Shadow;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Engine.Host.Shadow;

/// <summary>Registers what the checks of answers use: the tolerances measured on this machine, and the file for records if the configuration names one.</summary>
internal static class ShadowStoreServices
{
    /// <summary>The key that names it.</summary>
    public const string Key = $"{EngineOptions.SectionName}:{nameof(EngineOptions.Shadow)}:{nameof(ShadowOptions.Store)}";

    /// <summary>Adds the sink for the lifetime of the host: changing the file takes a restart.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="configuration">The whole configuration.</param>
    public static void AddShadowStore(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton<IShadowTolerances>(provider => new CalibratedTolerances(
            provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILogger<CalibratedTolerances>>()));
        if (!string.IsNullOrEmpty(configuration[Key]))
        {
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IShadowSink, SqliteShadowSink>(
                provider => new SqliteShadowSink(configuration[Key]!, provider.GetRequiredService<ILogger<SqliteShadowSink>>())));
        }
    }
}
