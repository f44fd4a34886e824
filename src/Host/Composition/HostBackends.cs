using System.Reflection;
using Engine.Registry;
#if LLAMASHARP
using Engine.LLamaSharp;
#endif
using Engine.Remote;
using ReferenceModels;

namespace Engine.Host.Composition;

/// <summary>The backends that this build of the program has.</summary>
internal static class HostBackends
{
    /// <summary>Their names, for help texts.</summary>
#if LLAMASHARP
    public const string Names = "auto, llama.cpp, llamasharp, reference or remote";
#else
    public const string Names = "auto, llama.cpp, reference or remote";
#endif

    /// <summary>The name of the backend over LLamaSharp.</summary>
    public const string LLamaSharp = "llamasharp";

    /// <summary>LLamaSharp's version; null if it was left out.</summary>
#if LLAMASHARP
    public static string? LLamaSharpVersion => typeof(LLamaSharpBackend).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "LLamaSharpVersion").Value;
#else
    public static string? LLamaSharpVersion => null;
#endif

    /// <summary>Adds the reference backend, remote models, and LLamaSharp unless it was left out (-p:LLamaSharp=false).</summary>
    public static EngineBuilder AddAllBackends(this EngineBuilder builder)
    {
        builder.AddReferenceModels().AddRemoteModels();
#if LLAMASHARP
        builder.AddLLamaSharp();
#endif
        return builder;
    }
}
