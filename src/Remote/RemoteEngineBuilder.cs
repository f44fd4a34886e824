using Engine.Registry;
using Engine.Remote.Isolation;
using Engine.Remote.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Engine.Remote;

/// <summary>Models over gRPC: uses another engine's models in this one, and serves this one's models to others.</summary>
public static class RemoteEngineBuilder
{
    /// <summary>Registers the backends <c>remote</c> and <c>process</c> (<see cref="Engine.Isolation.Process"/>), and what <see cref="MapRemoteModels"/> needs; calling it twice changes nothing.</summary>
    public static EngineBuilder AddRemoteModels(this EngineBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelBackend, RemoteBackend>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelBackend, ProcessBackend>());
        if (builder.Services.Any(service => service.ServiceType == typeof(RemoteService)))
        {
            return builder;
        }
        builder.Services.AddSingleton<RemoteService>();
        // This category logs a client that resets its call as an error with a stack trace. FailureInterceptor logs what fails in the service.
        builder.Services.AddLogging(logging => logging.AddFilter("Grpc.AspNetCore.Server.ServerCallHandler", LogLevel.Critical));
        builder.Services.AddGrpc().AddServiceOptions<RemoteService>(options =>
        {
            options.Interceptors.Add<FailureInterceptor>();
            options.MaxSendMessageSize = null;
            options.MaxReceiveMessageSize = null; // the web server's own body limit applies
        });
        builder.Services.AddGrpcHealthChecks();
        return builder;
    }

    /// <summary>Serves the configured models to the backend <c>remote</c> of other engines, along with gRPC's standard health service. Both need HTTP/2: TLS, or an
    /// address that speaks nothing else (<c>Kestrel:Endpoints:NAME:Protocols</c> <c>Http2</c>).</summary>
    /// <param name="routes">Where the endpoints are added.</param>
    /// <returns>For conventions of the service, such as authorization; the health service is open.</returns>
    public static IEndpointConventionBuilder MapRemoteModels(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.MapGrpcHealthChecksService();
        return routes.MapGrpcService<RemoteService>();
    }
}
