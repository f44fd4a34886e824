using System.Text.RegularExpressions;

namespace Engine.Tests;

/// <summary>Holds the arrows of ARCHITECTURE.md: which folder may know which. Read from the sources, since an arrow
/// that points back inside one assembly is invisible to the compiler.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>Folder → the folders it may name. Every folder may name the contract (the files in src/Engine itself).</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Engine"] = [],
        ["Engine.Gguf"] = [],
        ["Engine.BuiltIn"] = [],
        ["Engine.Sampling"] = [],
        ["Engine.Generation"] = ["Engine.Sampling"],
        ["Engine.Serving"] = ["Engine.Generation", "Engine.Sampling"],
        ["Engine.Parity"] = [],
        ["Engine.Tokenizers"] = ["Engine.Generation", "Engine.Gguf"],
        ["Engine.LlamaCpp.Interop"] = [],
        ["Engine.LlamaCpp"] = ["Engine.LlamaCpp.Interop", "Engine.Gguf", "Engine.Generation", "Engine.Sampling", "Engine.Serving", "Engine.Tokenizers"],
        ["Engine.Chat.Jinja"] = [],
        ["Engine.Chat"] = ["Engine.Chat.Jinja", "Engine.Gguf"],
        ["Engine.Registry"] = ["Engine.BuiltIn", "Engine.LlamaCpp", "Engine.Serving"],
        ["ReferenceModels.Quantization"] = ["Engine.Gguf"],
        ["ReferenceModels.Weights"] = ["Engine.Gguf", "ReferenceModels.Quantization"],
        ["ReferenceModels.Ops"] = ["Engine.Gguf", "ReferenceModels.Weights", "ReferenceModels.Quantization"],
        ["ReferenceModels.Models"] = ["Engine.Gguf", "ReferenceModels.Ops", "ReferenceModels.Weights", "ReferenceModels.Quantization"],
        ["ReferenceModels.Heads"] = ["Engine.Gguf", "ReferenceModels.Ops", "ReferenceModels.Weights"],
        ["ReferenceModels.Training.Vocabularies"] = ["Engine.Gguf", "Engine.Tokenizers"],
        ["ReferenceModels.Training"] = [
            "ReferenceModels.Training.Vocabularies",
            "Engine.Chat", "Engine.Gguf", "Engine.Tokenizers", "ReferenceModels.Heads", "ReferenceModels.Models", "ReferenceModels.Ops", "ReferenceModels.Weights"],
        ["ReferenceModels"] = [
            "Engine.Registry", "Engine.Generation", "Engine.Gguf", "Engine.LlamaCpp", "Engine.Serving", "Engine.Tokenizers", "ReferenceModels.Models", "ReferenceModels.Ops",
            "ReferenceModels.Weights"],
        ["Engine.LLamaSharp.Tokenizers"] = ["Engine.Gguf", "Engine.Tokenizers"],
        ["Engine.LLamaSharp"] = ["Engine.Registry", "Engine.Generation", "Engine.Gguf", "Engine.LlamaCpp", "Engine.Serving"],
        ["Engine.Host"] = ["*"],
    };

    [Fact]
    public void No_arrow_points_back()
    {
        var wrong = new List<string>();
        foreach (string file in SourceFiles("Engine").Concat(SourceFiles("ReferenceModels")).Concat(SourceFiles("LLamaSharp")))
        {
            string from = NamespaceOf(file);
            string room = Arrows.Keys.Where(k => from == k || from.StartsWith(k + ".", StringComparison.Ordinal)).MaxBy(k => k.Length)
                ?? throw new InvalidOperationException($"{file} is in {from}, a folder the architecture does not name.");
            foreach (string to in NamespacesNamed(file, from))
            {
                if (to != room && !Arrows[room].Contains("*") && !Arrows[room].Contains(to))
                {
                    wrong.Add($"{Path.GetRelativePath(SharedFolder.Checkout, file)}: {room} must not know {to}");
                }
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Assemblies_point_only_Host_to_LLamaSharp_to_ReferenceModels_to_Engine()
    {
        static string[] References(string project) =>
            [.. ProjectReference().Matches(File.ReadAllText(Path.Combine(SharedFolder.Checkout, "src", project, project + ".csproj")))
                .Select(m => m.Groups[1].Value)];

        Assert.Empty(References("Engine"));
        Assert.Equal(["Engine"], References("ReferenceModels"));
        Assert.Equal(["Engine", "ReferenceModels"], References("LLamaSharp").Order());
        Assert.Equal(["Engine", "LLamaSharp", "ReferenceModels"], References("Host").Order());
    }

    [Fact]
    public void Native_imports_stand_in_Interop_alone()
    {
        var elsewhere = SourceFiles("Engine").Concat(SourceFiles("ReferenceModels")).Concat(SourceFiles("LLamaSharp")).Concat(SourceFiles("Host"))
            .Where(f => !f.Contains(Path.Combine("LlamaCpp", "Interop"), StringComparison.Ordinal))
            .Where(f => File.ReadAllText(f).Contains("[LibraryImport", StringComparison.Ordinal))
            .Select(f => Path.GetRelativePath(SharedFolder.Checkout, f));
        Assert.Empty(elsewhere);
    }

    private static IEnumerable<string> SourceFiles(string project) =>
        Directory.EnumerateFiles(Path.Combine(SharedFolder.Checkout, "src", project), "*.cs", SearchOption.AllDirectories);

    private static string NamespaceOf(string file) => NamespaceLine().Match(File.ReadAllText(file)) is { Success: true } m
        ? m.Groups[1].Value
        : Path.GetRelativePath(Path.Combine(SharedFolder.Checkout, "src"), Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');

    /// <summary>Namespaces of ours that a file names, in a using or in a qualified name; comments do not count.</summary>
    private static IEnumerable<string> NamespacesNamed(string file, string own)
    {
        string code = Comment().Replace(File.ReadAllText(file), "");
        string[] rooms = [.. Arrows.Keys.Where(k => k is not ("Engine" or "ReferenceModels"))];
        return rooms.Where(room => room != own && Regex.IsMatch(code,
            $@"using (static )?{Regex.Escape(room)}(;|\.(?!{NestedRooms(rooms, room)}))|(?<![\w.]){Regex.Escape(room)}\.(?!{NestedRooms(rooms, room)})[A-Z]"));
    }

    private static string NestedRooms(string[] rooms, string room)
    {
        string nested = string.Join('|', rooms.Where(r => r.StartsWith(room + ".", StringComparison.Ordinal)).Select(r => Regex.Escape(r[(room.Length + 1)..])));
        return nested.Length == 0 ? "(?!)" : nested;
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"<ProjectReference Include=""[^""]*/(\w+)\.csproj""")]
    private static partial Regex ProjectReference();
}
