using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting.Systemd;

namespace Engine.Host.Service;

/// <summary>Integration with the system's service manager.</summary>
internal static class ServiceHosting
{
    /// <summary>The name under which Windows knows the service.</summary>
    private const string Name = "engine";

    /// <summary>Adds what systemd and Windows expect of a service; without them, only the log lines about the start. Called before the
    /// engine is added, so that it reports before models load and stops last.</summary>
    public static IServiceCollection AddServiceHosting(this IServiceCollection services)
    {
        services.AddHostedService<StartNotice>();
        services.AddSystemd(); // the journal's log format, if it is the reader
        services.TryAddSingleton<ISystemdNotifier, SystemdNotifier>(); // also if systemd started this through a shell, or another manager speaks its protocol
        services.AddHostedService<SystemdNotices>();
        services.AddWindowsService(windows => windows.ServiceName = Name);
        return services;
    }
}
