using Engine.LlamaCpp.Runtime;

namespace Engine.LLamaSharp.Tests;

/// <summary>LLamaSharp does not say why it found no library; the error does.</summary>
public sealed class MissingLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Program => _folder.File("program");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_the_library_needs_of_the_machine_and_does_not_find_is_named()
    {
        string place = Path.Combine("runtimes", NativeLibraryLocator.RuntimeIdentifier, "native", "noavx");
        Directory.CreateDirectory(Path.Combine(Program, place));
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, place)))
        {
            string copy = Path.Combine(Program, place, Path.GetFileName(file));
            if (Path.GetFileName(file) == "libggml-base.so")
            {
                FaultyLibrary.Write(file, copy, "libgomp.so.1", "libgomp.so.9");
            }
            else
            {
                File.Copy(file, copy);
            }
        }
        string message = MissingLibrary.Explain(Program, NativeLibraryLocator.RuntimeIdentifier, ["Failed"]);
        Assert.Equal($"Loading the native library of {LLamaSharpLibrary.Runner} for {NativeLibraryLocator.RuntimeIdentifier}: '{Path.Combine(Program, place, "libggml-base.so")}' does not load: "
            + "libgomp.so.9: cannot open shared object file: No such file or directory (GCC's OpenMP runtime: install it; Debian and Ubuntu call it libgomp1, Fedora, RHEL and Alpine libgomp).", message);
    }

    [Theory]
    [InlineData("linux-x64", "libllama.so")]
    [InlineData("win-x64", "llama.dll")]
    [InlineData("osx-arm64", "libllama.dylib")]
    public void A_program_without_the_files_learns_how_to_get_them(string platform, string file)
    {
        string message = MissingLibrary.Explain(Program, platform, []);
        Assert.Contains($"expected {file} in '{Path.Combine(Program, "runtimes", platform, "native")}'", message, StringComparison.Ordinal);
        Assert.Contains("references src/LLamaSharp itself", message, StringComparison.Ordinal);
        Assert.Contains($"-r {platform}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void On_linux_arm64_they_are_left_out_and_the_message_says_why() =>
        Assert.Contains("left out of programs for linux-arm64, where their libggml-base.so would overwrite llama.cpp's. Use the backend 'llama.cpp'.",
            MissingLibrary.Explain(Program, "linux-arm64", []), StringComparison.Ordinal);

    [Fact]
    public void What_loads_by_itself_is_reported_in_LLamaSharps_own_words() =>
        Assert.Contains("but LLamaSharp refuses it: Failed to load. Name another", MissingLibrary.Unexplained("/x/libllama.so", ["Failed to load"]), StringComparison.Ordinal);
}
