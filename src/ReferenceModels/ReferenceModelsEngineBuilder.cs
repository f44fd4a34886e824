using Engine;
using Engine.Registry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ReferenceModels;

/// <summary>Adds the managed models to the engine.</summary>
public static class ReferenceModelsEngineBuilder
{
    /// <summary>Registers the backend <c>reference</c>; a second call has no effect.</summary>
    public static EngineBuilder AddReferenceModels(this EngineBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelBackend, ReferenceBackend>());
        return builder;
    }
}
