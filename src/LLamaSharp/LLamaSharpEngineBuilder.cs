using Engine.Registry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Engine.LLamaSharp;

/// <summary>Adds LLamaSharp to the engine.</summary>
public static class LLamaSharpEngineBuilder
{
    /// <summary>Registers the backend <c>llamasharp</c>; calling it twice changes nothing.</summary>
    public static EngineBuilder AddLLamaSharp(this EngineBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelBackend, LLamaSharpBackend>());
        return builder;
    }
}
