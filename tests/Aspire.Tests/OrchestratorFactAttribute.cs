using System.Reflection;

namespace Aspire.Tests;

/// <summary>A fact that starts programs as an app host does, by the orchestrator that comes as a package for Linux on x64.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OrchestratorFactAttribute : FactAttribute
{
    public OrchestratorFactAttribute() =>
        Skip = typeof(OrchestratorFactAttribute).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Any(entry => entry.Key == "dcpclipath") ? null : "Needs Linux on x64.";
}
