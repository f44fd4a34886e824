using Mono.Cecil;

namespace Engine.Host.Tests;

/// <summary>The assemblies of the product, as they lie beside the tests, read once: the program and its libraries.</summary>
public sealed class ProductAssemblies : IDisposable
{
    public ProductAssemblies()
    {
        ModuleDefinition program = Read("Engine.Host");
        // Built with -p:LLamaSharp=false, the program knows no such assembly.
        string[] libraries = program.AssemblyReferences.Any(r => r.Name == "Engine.LLamaSharp")
            ? ["Engine.Abstractions", "Engine", "ReferenceModels", "Engine.Api", "Engine.Remote", "Engine.LLamaSharp"]
            : ["Engine.Abstractions", "Engine", "ReferenceModels", "Engine.Api", "Engine.Remote"];
        // Nothing here runs with it, so that it lies where it was built.
        var tests = new DirectoryInfo(AppContext.BaseDirectory);
        string aspire = Path.Combine(tests.Parent!.Parent!.FullName, "Aspire", tests.Name, "Engine.Aspire.Hosting.dll");
        Modules = [program, .. libraries.Select(Read), ModuleDefinition.ReadModule(aspire)];
        Arrows = new Arrows(Modules);
    }

    public IReadOnlyList<ModuleDefinition> Modules { get; }

    public Arrows Arrows { get; }

    public void Dispose()
    {
        foreach (ModuleDefinition module in Modules)
        {
            module.Dispose();
        }
    }

    private static ModuleDefinition Read(string assembly) => ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
}
