using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Runtime;

namespace Engine.LLamaSharp;

/// <summary>Explains why LLamaSharp found no library it could load, which it does not say itself: whether the files are there, and what they need
/// of the machine.</summary>
internal static class MissingLibrary
{
    // In order of dependency.
    private static readonly string[] Parts = ["ggml-base", "ggml-cpu", "ggml", "llama"];

    /// <summary>Looks for the files of the packages beside a program and loads them, as LLamaSharp does.</summary>
    /// <param name="programFolder">Where the program lies.</param>
    /// <param name="platform">The process's runtime identifier.</param>
    /// <param name="said">LLamaSharp's own words, for a failure that this does not explain.</param>
    public static string Explain(string programFolder, string platform, IReadOnlyList<string> said)
    {
        string folder = Path.Combine(programFolder, "runtimes", platform, "native");
        if (platform == "linux-arm64")
        {
            return $"{Loading(platform)}: expected libraries in '{folder}', found none of LLamaSharp's: they are left out of programs for {platform}, where their libggml-base.so would "
                + $"overwrite llama.cpp's. Use the backend '{LlamaCppBackend.BackendName}'.";
        }
        // The simplest of a package's x64 builds: all have the same requirements, and any processor can load this one.
        string? found = new[] { Path.Combine(folder, "noavx"), folder }.FirstOrDefault(place => File.Exists(Path.Combine(place, FileName("llama", platform))));
        if (found is null)
        {
            return $"{Loading(platform)}: expected {FileName("llama", platform)} in '{folder}' or the folders in it, found none. The libraries lie beside a program that "
                + $"references src/LLamaSharp itself, once it is built, or published with -r {platform}. Do that, or name the library with LibraryPath.";
        }
        return LoaderFailure.First(Parts.Select(part => Path.Combine(found, FileName(part, platform)))) is { } failure
            ? $"{Loading(platform)}: '{failure.Path}' does not load: {failure.Reason}."
            : Unexplained(found, said);
    }

    /// <summary>A failure about which only LLamaSharp's own message is known.</summary>
    public static string Unexplained(string path, IReadOnlyList<string> said) =>
        $"Loading {path} with {LLamaSharpLibrary.Runner}: it loads by itself, but LLamaSharp refuses it{(said.Count > 0 ? ": " + string.Join("; ", said) : "")}. "
        + $"Name another library with LibraryPath, or use the backend '{LlamaCppBackend.BackendName}'.";

    private static string Loading(string platform) => $"Loading the native library of {LLamaSharpLibrary.Runner} for {platform}";

    private static string FileName(string part, string platform) =>
        platform.StartsWith("win", StringComparison.Ordinal) ? part + ".dll" : platform.StartsWith("osx", StringComparison.Ordinal) ? $"lib{part}.dylib" : $"lib{part}.so";
}
