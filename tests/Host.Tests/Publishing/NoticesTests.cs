using System.Text.Json;

namespace Engine.Host.Tests.Publishing;

/// <summary>The program carries its licence and the notices of every package that is part of it.</summary>
public sealed class NoticesTests
{
    private static readonly string Folder = Path.GetDirectoryName(EngineProcess.Path)!;

    [Fact]
    public void Each_package_of_the_program_is_named_with_its_licence()
    {
        using var dependencies = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "Engine.Host.deps.json")));
        string[] packages = [.. dependencies.RootElement.GetProperty("targets").EnumerateObject().SelectMany(target => target.Value.EnumerateObject())
            .Where(library => IsPackage(library.Name) && (Has(library, "runtime") || Has(library, "native") || Has(library, "runtimeTargets")))
            .Select(library => library.Name.Split('/')[0])];
        Assert.NotEmpty(packages);
        HashSet<string> named = [.. File.ReadLines(Path.Combine(Folder, "licenses", "NOTICES.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(line => line.Split('|')[1].Split(',')).Select(name => name.Trim())];
        Assert.All(packages, package => Assert.Contains(package, named));

        bool IsPackage(string library) => dependencies.RootElement.GetProperty("libraries").GetProperty(library).GetProperty("type").GetString() == "package";

        static bool Has(JsonProperty library, string files) => library.Value.TryGetProperty(files, out _);
    }

    [Fact]
    public void The_licences_are_beside_the_program() =>
        Assert.All(["LICENSE", "Apache-2.0.txt"], file => Assert.True(File.Exists(Path.Combine(Folder, "licenses", file)), file));
}
