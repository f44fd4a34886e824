using System.Reflection;
using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.LlamaCpp.Interop;

[Collection(LoadedLibrary.Name)]
public sealed class ImportsTests
{
    /// <summary>What the LibraryImport generator made of the declarations, local functions included.</summary>
    private static readonly (string Library, string Function, Type Declared)[] Imports =
        [.. from type in typeof(Llama).Assembly.GetTypes()
            from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            where method.Attributes.HasFlag(MethodAttributes.PinvokeImpl)
            let import = method.GetCustomAttribute<DllImportAttribute>()
            select (import.Value, import.EntryPoint!, type)];

    [Fact]
    public void Every_import_is_in_the_library_it_is_declared_for()
    {
        var folder = LlamaLibrary.Load(null, NullLogger.Instance).Folder;
        var files = new Dictionary<string, nint>
        {
            [Llama.Library] = NativeLibrary.Load(Path.Combine(folder, "libllama.v0.5.0.so")),
            [Ggml.RegistryLibrary] = NativeLibrary.Load(Path.Combine(folder, "libggml.v0.5.0.so")),
            [Ggml.BaseLibrary] = NativeLibrary.Load(Path.Combine(folder, "libggml-base.so")),
            ["libc"] = NativeLibrary.Load("libc.so.6"),
            ["libstdc++.so.6"] = NativeLibrary.Load("libstdc++.so.6"),
        };
        Assert.All(Imports, i => Assert.True(NativeLibrary.TryGetExport(files[i.Library], i.Function, out _), $"{i.Library} lacks {i.Function}"));
        Assert.True(Imports.Length > 60, $"only {Imports.Length} imports were seen");
    }

    [Fact]
    public void Every_import_is_declared_once() =>
        Assert.Empty(Imports.GroupBy(i => i.Function).Where(g => g.Count() > 1).Select(g => g.Key));

    [Fact]
    public void Imports_are_only_in_the_interop_folder() =>
        Assert.All(Imports, i => Assert.Equal(typeof(Llama).Namespace, i.Declared.Namespace));
}
