using Engine.LlamaCpp.Runtime;

namespace Engine.Tests.LlamaCpp.Runtime;

public sealed class LoaderFailureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Library => Path.Combine(Path.GetDirectoryName(NativeLibraryLocator.Find(null, AppContext.BaseDirectory))!, "libggml-base.so");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Libraries_that_load_are_no_failure() => Assert.Null(LoaderFailure.First([Library]));

    [Fact]
    public void A_missing_file_is_named_in_the_loaders_message()
    {
        string faulty = FaultyLibrary.Write(Library, _folder.File("libggml-base.so"), "libstdc++.so.6", "libstdd++.so.6");
        var failure = LoaderFailure.First([Library, faulty]);
        Assert.Equal((faulty, "libstdd++.so.6: cannot open shared object file: No such file or directory"), failure);
    }

    [Fact]
    public void A_glibc_that_is_too_old_is_named_with_the_version_it_takes()
    {
        string faulty = FaultyLibrary.Write(Library, _folder.File("libggml-base.so"), "GLIBC_2.14", "GLIBC_9.14");
        var message = Assert.Throws<NativeLibraryException>(() => LlamaLibrary.Open(faulty)).Message;
        Assert.Contains("`GLIBC_9.14' not found", message, StringComparison.Ordinal);
        Assert.Contains("(the library needs glibc 9.14 or newer, and this system's is older: take a newer distribution)", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libgomp.so.1: cannot open shared object file: No such file or directory", "Debian and Ubuntu call it libgomp1")]
    [InlineData("Error loading shared library libgomp.so.1: No such file or directory (needed by libggml-base.so)", "Alpine libgomp")]
    [InlineData("/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by libllama.so)", "C++ runtime of GCC 11")]
    [InlineData("/lib/libc.so.6: version `GLIBC_2.38' not found (required by libggml-base.so)", "glibc 2.38 or newer")]
    [InlineData("Error loading shared library ld-linux-x86-64.so.2: No such file or directory", "built for distributions with glibc")]
    [InlineData("libcudart.so.13: cannot open shared object file: No such file or directory", "of the CUDA 13 runtime")]
    [InlineData("libcublasLt.so.12: cannot open shared object file: No such file or directory", "of the CUDA 12 runtime")]
    [InlineData("libcuda.so.1: cannot open shared object file: No such file or directory", "of the NVIDIA driver")]
    [InlineData("libvulkan.so.1: cannot open shared object file: No such file or directory", "libvulkan1")]
    [InlineData("(built for macOS 14.0 which is newer than running OS)", "this macOS is older")]
    public void The_loaders_message_names_what_is_missing(string words, string owner) =>
        Assert.Contains(owner, LoaderFailure.Owner(words, _ => throw new InvalidOperationException("asked for nothing")), StringComparison.Ordinal);

    [Fact]
    public void On_Windows_which_names_no_file_the_Visual_Cpp_runtime_is_tried()
    {
        const string words = "Unable to load DLL 'ggml-cpu.dll' or one of its dependencies: The specified module could not be found. (0x8007007E)";
        Assert.Equal("missing msvcp140.dll, vcomp140.dll, of the Microsoft Visual C++ runtime: install the Visual C++ Redistributable",
            LoaderFailure.Owner(words, file => file.StartsWith("vcruntime", StringComparison.Ordinal)));
        Assert.Null(LoaderFailure.Owner(words, _ => true));
    }

    [Fact]
    public void Other_words_name_no_owner() => Assert.Null(LoaderFailure.Owner("x.so: invalid ELF header", _ => false));
}
