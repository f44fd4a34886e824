using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Runtime;

/// <summary>
/// Finds libllama where LibraryPath says, or else beside the program, where build and publish put it,
/// and nowhere else: a library that happens to be installed on the system is never used unasked.
/// </summary>
internal static class NativeLibraryLocator
{
    /// <summary>The path of libllama; the libraries it needs and the plugins lie in the same folder.</summary>
    /// <param name="libraryPath">The user's own folder or file; null for the library beside the program.</param>
    /// <param name="baseDirectory">The program's folder.</param>
    /// <exception cref="NativeLibraryException">There is no file at any of the paths, which are all in the message.</exception>
    public static string Find(string? libraryPath, string baseDirectory)
    {
        if (File.Exists(libraryPath))
        {
            return Path.GetFullPath(libraryPath);
        }
        string[] folders = string.IsNullOrEmpty(libraryPath)
            ? [Path.Combine(baseDirectory, "runtimes", RuntimeIdentifier, "native"), baseDirectory]
            : [Path.GetFullPath(libraryPath)];
        return folders.SelectMany(folder => FileNames, Path.Combine).FirstOrDefault(File.Exists) ?? throw new NativeLibraryException(
            $"Loading llama.cpp {LibraryFingerprint.Release} for {RuntimeIdentifier}: expected {string.Join(" or ", FileNames)}, "
            + $"found none in {string.Join(" or in ", folders.Select(folder => $"'{folder}'"))}. {Hint(libraryPath)}");
    }

    /// <summary>The platform in .NET's short form, such as <c>linux-x64</c>, whatever distribution built this runtime.</summary>
    public static string RuntimeIdentifier { get; } = OperatingSystemName + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>Whether native/ pins a llama.cpp for a platform, so that a build puts it beside the program.</summary>
    public static bool IsPinned(string platform) => platform is "linux-x64" or "linux-arm64";

    private static string OperatingSystemName =>
        OperatingSystem.IsWindows() ? "win"
        : OperatingSystem.IsMacOS() ? "osx"
        : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl"
        : "linux";

    /// <summary>The possible file names: the pinned package's first, then those of its flavours and of your own build.</summary>
    private static string[] FileNames { get; } =
        OperatingSystem.IsWindows() ? ["llama.dll"]
        : OperatingSystem.IsMacOS() ? ["libllama.dylib"]
        : [$"libllama.{LibraryFingerprint.Release}.so", $"libllama.cuda.{LibraryFingerprint.Release}.so", $"libllama.vulkan.{LibraryFingerprint.Release}.so", "libllama.so"];

    private static string Hint(string? libraryPath) =>
        !string.IsNullOrEmpty(libraryPath)
            ? "LibraryPath must name libllama or the folder that holds it; leave it empty to take the library beside the program."
        : IsPinned(RuntimeIdentifier)
            ? $"Run 'dotnet add package Engine.Native.{RuntimeIdentifier}', and build or publish the program again. One that references the engine's projects gets the libraries by a line in its project file, "
                + "<Import Project=\"…/native/Native.targets\" /> with the path to the engine's source tree; one inside that tree, by building it again. Or name the folder of your own llama.cpp with LibraryPath."
        : $"None is pinned for {RuntimeIdentifier}: use the backend 'llamasharp', or build llama.cpp {LibraryFingerprint.Release} for it and name its folder with LibraryPath.";
}
