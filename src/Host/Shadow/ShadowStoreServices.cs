using Engine.Registry;
using Engine.Shadow;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Engine.Host.Shadow;

/// <summary>Registers what checks of answers have here: the tolerances that were measured on this machine, and the file that keeps records, where the configuration names one.</summary>
internal static class ShadowStoreServices
{
    /// <summary>The key that names it.</summary>
    public const string Key = $"{EngineOptions.SectionName}:{nameof(EngineOptions.Shadow)}:{nameof(ShadowOptions.Store)}";

    /// <summary>Adds the sink, for as long as the host runs: another file takes a restart.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="configuration">Whole.</param>
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
