using System.Runtime.CompilerServices;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tests.Shared;

/// <summary>The build of ggml's CPU backend on which the native comparisons run: of those beside libllama the one that suits this
/// processor, or the one that <see cref="Variable"/> names (x64, haswell, …), as another processor would take it.</summary>
internal static class CpuBuild
{
    /// <summary>Read when a test process starts, since a process holds one llama.cpp with one such build.</summary>
    public const string Variable = "ENGINE_TEST_CPU_BUILD";

    /// <summary>The file that is loaded.</summary>
    public static string Plugin => Find(Environment.GetEnvironmentVariable(Variable));

    [ModuleInitializer]
    internal static void Load()
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
        {
            LlamaLibrary.Load(null, NullLogger.Instance, Plugin);
        }
    }

    private static string Find(string? name)
    {
        IReadOnlyList<string> builds = CpuPlugins.Find(null);
        return string.IsNullOrEmpty(name) ? builds[0] : builds.FirstOrDefault(build => CpuPlugins.Name(build) == name) ?? throw new InvalidOperationException(
            $"{Variable}={name}: this processor runs {string.Join(", ", builds.Select(CpuPlugins.Name))}. Name one of these.");
    }
}
