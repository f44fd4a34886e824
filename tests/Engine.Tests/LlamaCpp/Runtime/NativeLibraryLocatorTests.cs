using Engine.LlamaCpp.Runtime;

namespace Engine.Tests.LlamaCpp.Runtime;

public sealed class NativeLibraryLocatorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("engine-locator-").FullName;

    private static string Native => Path.Combine("runtimes", NativeLibraryLocator.RuntimeIdentifier, "native");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_folder_that_publish_fills_is_taken_before_the_programs_own()
    {
        Make("libllama.v0.5.0.so");
        var published = Make(Path.Combine(Native, "libllama.v0.5.0.so"));
        Assert.Equal(published, NativeLibraryLocator.Find(null, _folder));
    }

    [Fact]
    public void A_library_in_the_programs_own_folder_is_found()
    {
        var flat = Make("libllama.v0.5.0.so");
        Assert.Equal(flat, NativeLibraryLocator.Find(null, _folder));
    }

    [Fact]
    public void LibraryPath_may_name_the_file_or_its_folder()
    {
        var file = Make(Path.Combine("mine", "libllama.so"));
        Assert.Equal(file, NativeLibraryLocator.Find(file, "/nowhere"));
        Assert.Equal(file, NativeLibraryLocator.Find(Path.GetDirectoryName(file), "/nowhere"));
    }

    [Fact]
    public void The_error_names_the_files_the_folders_and_the_package_or_the_import_that_a_program_needs()
    {
        var message = Assert.Throws<NativeLibraryException>(() => NativeLibraryLocator.Find(null, _folder)).Message;
        foreach (var file in new[] { "libllama.v0.5.0.so", "libllama.cuda.v0.5.0.so", "libllama.vulkan.v0.5.0.so", "libllama.so" })
        {
            Assert.Contains(file, message, StringComparison.Ordinal);
        }
        Assert.Contains($"found none in '{Path.Combine(_folder, Native)}' or in '{_folder}'", message, StringComparison.Ordinal);
        Assert.Contains($"dotnet add package Engine.Native.{NativeLibraryLocator.RuntimeIdentifier}'", message, StringComparison.Ordinal);
        Assert.Contains("<Import Project=\"…/native/Native.targets\" />", message, StringComparison.Ordinal);
        Assert.Contains("LibraryPath", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_LibraryPath_folder_is_an_error_and_the_programs_own_library_is_not_taken_instead()
    {
        Make(Path.Combine(Native, "libllama.v0.5.0.so"));
        var empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
        var message = Assert.Throws<NativeLibraryException>(() => NativeLibraryLocator.Find(empty, _folder)).Message;
        Assert.Contains($"found none in '{empty}'.", message, StringComparison.Ordinal);
        Assert.DoesNotContain(Native, message, StringComparison.Ordinal);
    }

    private string Make(string file)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return path;
    }
}
