using Microsoft.Extensions.DependencyInjection;

namespace Engine.Registry;

/// <summary>What <see cref="EngineServices.AddEngine"/> returns: used to add further backends.</summary>
/// <param name="services">The container's services.</param>
public sealed class EngineBuilder(IServiceCollection services)
{
    /// <summary>The container's services. A backend is added as an <see cref="IModelBackend"/>.</summary>
    public IServiceCollection Services { get; } = services;
}
