using System.Runtime.InteropServices;

namespace Engine.LlamaCpp;

/// <summary>
/// Finds libllama: where LibraryPath says, or else beside the program, as the build and publish lay it there.
/// Nowhere else: a library that an operating system happens to hold is not taken unasked.
/// </summary>
internal static class NativeLibraryLocator
{
    /// <summary>The path of libllama; the libraries it needs and the plugins lie in the same folder.</summary>
    /// <param name="libraryPath">Folder or file of the user's own; null for the one beside the program.</param>
    /// <param name="baseDirectory">The program's folder.</param>
    /// <exception cref="NativeLibraryException">None of the paths holds a file; all of them are in the message.</exception>
    public static string Find(string? libraryPath, string baseDirectory)
    {
        string[] tried = string.IsNullOrEmpty(libraryPath)
            ? [.. InFolder(Path.Combine(baseDirectory, "runtimes", RuntimeIdentifier, "native")), .. InFolder(baseDirectory)]
            : File.Exists(libraryPath) ? [Path.GetFullPath(libraryPath)] : InFolder(Path.GetFullPath(libraryPath));
        return tried.FirstOrDefault(File.Exists) ?? throw new NativeLibraryException(
            $"Loading llama.cpp {LibraryFingerprint.Release} for {RuntimeIdentifier}: expected {FileNames[0]}, found none of "
            + string.Join(", ", tried) + ". " + Remedy(libraryPath));
    }

    /// <summary>The platform in .NET's short form, such as <c>linux-x64</c>, whatever distribution built this runtime.</summary>
    public static string RuntimeIdentifier { get; } = OperatingSystemName + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    private static string OperatingSystemName =>
        OperatingSystem.IsWindows() ? "win"
        : OperatingSystem.IsMacOS() ? "osx"
        : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl"
        : "linux";

    /// <summary>The pinned package's own name first; then those of its flavours and of a build of one's own.</summary>
    private static string[] FileNames { get; } =
        OperatingSystem.IsWindows() ? ["llama.dll"]
        : OperatingSystem.IsMacOS() ? ["libllama.dylib"]
        : [$"libllama.{LibraryFingerprint.Release}.so", $"libllama.cuda.{LibraryFingerprint.Release}.so", $"libllama.vulkan.{LibraryFingerprint.Release}.so", "libllama.so"];

    private static string[] InFolder(string folder) => [.. FileNames.Select(name => Path.Combine(folder, name))];

    private static string Remedy(string? libraryPath) =>
        !string.IsNullOrEmpty(libraryPath)
            ? "LibraryPath must name libllama or the folder that holds it; leave it empty to take the library beside the program."
        : RuntimeIdentifier is "linux-x64" or "linux-arm64"
            ? "Build or publish the program again (that installs the library with npm), or name the folder of your own llama.cpp with LibraryPath."
        : $"No package is pinned for {RuntimeIdentifier}: build llama.cpp {LibraryFingerprint.Release} for it and name its folder with LibraryPath.";
}
