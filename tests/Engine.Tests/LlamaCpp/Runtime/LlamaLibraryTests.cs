using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.LlamaCpp.Runtime;

[Collection(LoadedLibrary.Name)]
public sealed class LlamaLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("engine-library-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_build_has_put_the_pinned_release_beside_the_program()
    {
        var library = LlamaLibrary.Load(null, NullLogger.Instance);
        Assert.StartsWith("0.5.0", library.Version, StringComparison.Ordinal);
        Assert.StartsWith(AppContext.BaseDirectory, library.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void The_licences_are_beside_the_libraries()
    {
        var folder = LlamaLibrary.Load(null, NullLogger.Instance).Folder;
        Assert.Contains("The ggml authors", File.ReadAllText(Path.Combine(folder, "LICENSE.llama.cpp.txt")), StringComparison.Ordinal);
        Assert.Contains("Gilad S.", File.ReadAllText(Path.Combine(folder, "LICENSE.node-llama-cpp.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public void Libraries_without_C_functions_or_for_Node_are_left_out()
    {
        var files = Directory.GetFiles(LlamaLibrary.Load(null, NullLogger.Instance).Folder).Select(Path.GetFileName);
        Assert.DoesNotContain(files, f => f is "libllama-common.so" or "llama-addon.node");
    }

    [Fact]
    public void Loading_again_gives_the_same_library()
    {
        var library = LlamaLibrary.Load(null, NullLogger.Instance);
        Assert.Same(library, LlamaLibrary.Load(null, NullLogger.Instance));
        Assert.Same(library, LlamaLibrary.Load(library.Folder, NullLogger.Instance));
        Assert.Same(library, LlamaLibrary.Load(library.Path, NullLogger.Instance));
    }

    [Fact]
    public void A_second_library_in_the_process_is_refused_with_both_paths()
    {
        var first = LlamaLibrary.Load(null, NullLogger.Instance);
        var second = Path.Combine(_folder, "libllama.so");
        File.Copy(first.Path, second);
        var message = Assert.Throws<NativeLibraryException>(() => LlamaLibrary.Load(_folder, NullLogger.Instance)).Message;
        Assert.Contains(first.Path, message, StringComparison.Ordinal);
        Assert.Contains(second, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_a_library_is_refused_with_the_systems_message()
    {
        var path = Path.Combine(_folder, "libllama.so");
        File.WriteAllText(path, "no ELF");
        var message = Assert.Throws<NativeLibraryException>(() => LlamaLibrary.Open(path)).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains("file too short", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_library_that_is_not_llama_cpp_is_refused_with_what_it_lacks()
    {
        var other = Path.Combine(LlamaLibrary.Load(null, NullLogger.Instance).Folder, "libggml-base.so");
        var message = Assert.Throws<NativeLibraryException>(() => LlamaLibrary.Open(other)).Message;
        Assert.Contains("without the function llama_version", message, StringComparison.Ordinal);
    }
}
