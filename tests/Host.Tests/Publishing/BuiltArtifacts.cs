using Engine.Host.Composition;
using Xunit.Abstractions;

namespace Engine.Host.Tests.Publishing;

/// <summary>A copy of what the build made of src, to publish and pack from in a folder of its own: the checkout's outputs stay as they are.</summary>
internal sealed class BuiltArtifacts
{
    private readonly string _built;

    public BuiltArtifacts(string folder)
    {
        var tests = new DirectoryInfo(AppContext.BaseDirectory); // artifacts/bin/Host.Tests/release
        (Folder, Configuration, _built) = (folder, tests.Name, tests.Parent!.Parent!.Parent!.FullName);
        foreach (string project in Projects)
        {
            Copy(Path.Combine("bin", project, Configuration), "*");
            Copy(Path.Combine("obj", project, Configuration), "*");
        }
    }

    /// <summary>Where the copy lies: ArtifactsPath.</summary>
    public string Folder { get; }

    public string Configuration { get; }

    /// <summary>Whether the build has the backend.</summary>
    public static bool HasLLamaSharp { get; } = HostBackends.LLamaSharpVersion is not null;

    /// <summary>The folders of src but the program's, LLamaSharp's where it was not left out.</summary>
    public static IReadOnlyList<string> Projects { get; } = [.. Directory.GetDirectories(Path.Combine(SharedFolder.Checkout, "src")).Select(folder => Path.GetFileName(folder))
        .Where(name => name != "Host" && (name != "LLamaSharp" || HasLLamaSharp)).Order(StringComparer.Ordinal)];

    /// <summary>Copies the program, as if it had been built for a platform.</summary>
    /// <param name="suffix">Of the folder that the build of a platform goes to.</param>
    public void CopyProgram(string suffix = "")
    {
        Copy(Path.Combine("bin", "Host", Configuration), "Engine.Host.*", suffix);
        Copy(Path.Combine("obj", "Host", Configuration), "*", suffix);
    }

    /// <summary>Runs msbuild on what is built.</summary>
    public Task BuildAsync(ITestOutputHelper output, string project, params string[] arguments) => Dotnet.RunAsync(output, Folder,
    [
        "msbuild", project, "-v:quiet", "-nologo", "-nodeReuse:false", "-p:NoBuild=true", "-p:BuildProjectReferences=false", $"-p:Configuration={Configuration}",
        $"-p:LLamaSharp={(HasLLamaSharp ? "true" : "false")}", $"-p:ArtifactsPath={Folder}", .. arguments,
    ]);

    private void Copy(string folder, string pattern, string suffix = "")
    {
        string from = Path.Combine(_built, folder), to = Path.Combine(Folder, folder + suffix);
        foreach (string file in Directory.GetFiles(from, pattern, SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
