using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting.Systemd;

namespace Engine.Host.Service;

/// <summary>What makes a program a service of the system.</summary>
internal static class ServiceHosting
{
    /// <summary>The name under which Windows knows the service.</summary>
    private const string Name = "engine";

    /// <summary>Adds what systemd and Windows expect of a service; without them, only the lines of the log about the start. Goes before the
    /// engine, to speak before it loads and to fall silent last.</summary>
    public static IServiceCollection AddServiceHosting(this IServiceCollection services)
    {
        services.AddHostedService<StartNotice>();
        services.AddSystemd(); // the journal's form of the log, where it is the reader
        services.TryAddSingleton<ISystemdNotifier, SystemdNotifier>(); // also where systemd started a shell that started this, or another manager speaks its protocol
        services.AddHostedService<SystemdNotices>();
        services.AddWindowsService(windows => windows.ServiceName = Name);
        return services;
    }
}
