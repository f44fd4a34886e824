using System.IO.Compression;
using Xunit.Abstractions;

namespace Engine.Host.Tests.Publishing;

/// <summary>A folder of all the packages, packed from what is built, and a place outside the checkout for projects that use them: they know these packages
/// and those of the machine's own sources, and nothing else of this tree.</summary>
public sealed class PackageFeed : IAsyncLifetime, IDisposable
{
    /// <summary>That no other source has.</summary>
    public const string Version = "0.1.0-folder";

    private readonly TemporaryFolder _folder = new();

    /// <summary>The packages.</summary>
    public string Folder => _folder.File("feed");

    /// <summary>Where projects are made.</summary>
    public string Projects => _folder.File("projects");

    /// <summary>What packing wrote, for the tests' own output.</summary>
    internal string Log { get; private set; } = "";

    public async Task InitializeAsync()
    {
        var built = new BuiltArtifacts(_folder.File("artifacts"));
        built.CopyProgram();
        string[] packages = [.. new[] { "Models", "Native.linux-arm64", "Native.linux-x64", "Templates", "Tool" }
            .Select(name => Path.Combine(SharedFolder.Checkout, "packages", $"Engine.{name}", $"Engine.{name}.csproj"))];
        string[] projects = [.. BuiltArtifacts.Projects.Select(name => Path.Combine(SharedFolder.Checkout, "src", name, name + ".csproj")), .. packages];
        string all = _folder.File("all.proj");
        await File.WriteAllTextAsync(all, $"""
            <Project>
              <ItemGroup>
                <One Include="{string.Join(';', projects)}" />
              </ItemGroup>
              <Target Name="PackAll">
                <MSBuild Projects="@(One)" Targets="Restore" Properties="Version={Version};MSBuildRestoreSessionId=1" />
                <MSBuild Projects="@(One)" Targets="Pack" Properties="Version={Version};PackageOutputPath={Folder}" BuildInParallel="true" />
              </Target>
            </Project>
            """);
        await built.BuildAsync(new Writer(this), all, "-t:PackAll", "-m");
        Directory.CreateDirectory(Projects);
        // Beside the machine's own sources, whichever they are.
        await File.WriteAllTextAsync(Path.Combine(Projects, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="folder" value="{Folder}" />
              </packageSources>
            </configuration>
            """);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    /// <summary>A package, to look into.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="extension">Or that of its symbols.</param>
    public ZipArchive Open(string id, string extension = "nupkg") => ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.{extension}"));

    /// <summary>Runs dotnet where the projects are. Packages of the feed go into a folder that ends with the tests; those of others are taken from the user's.</summary>
    internal Task<string> RunAsync(ITestOutputHelper output, params string[] arguments) => Dotnet.RunAsync(
        output, Projects, arguments, ("NUGET_PACKAGES", _folder.File("nuget")), ("NUGET_FALLBACK_PACKAGES", UsersPackages), ("DOTNET_NOLOGO", "1"), ("CI", ""));

    private static string UsersPackages => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private sealed class Writer(PackageFeed feed) : ITestOutputHelper
    {
        public void WriteLine(string message) => feed.Log += message + "\n";

        public void WriteLine(string format, params object[] args) => WriteLine(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, args));
    }
}
