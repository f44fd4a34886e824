using System.Runtime.InteropServices;
using Engine.LlamaCpp.Runtime;

namespace Engine.LlamaCpp.Devices;

/// <summary>The builds of ggml's CPU backend beside libllama, one per generation of processors.</summary>
internal static unsafe class CpuPlugins
{
    private const string Prefix = "libggml-cpu-";

    /// <summary>The plugins that run on this processor, beginning with the one that llama.cpp chooses by itself.</summary>
    /// <param name="libraryPath">As for <see cref="NativeLibraryLocator.Find"/>.</param>
    /// <exception cref="NativeLibraryException">There is no llama.cpp.</exception>
    public static IReadOnlyList<string> Find(string? libraryPath)
    {
        string folder = Path.GetDirectoryName(NativeLibraryLocator.Find(libraryPath, AppContext.BaseDirectory))!;
        return [.. Directory.GetFiles(folder, Prefix + "*").Order(StringComparer.Ordinal)
            .Select(path => (Path: path, Score: Score(path))).Where(plugin => plugin.Score > 0)
            .OrderByDescending(plugin => plugin.Score).Select(plugin => plugin.Path)];
    }

    /// <summary>The processors it is for, such as <c>haswell</c>.</summary>
    public static string Name(string path) => Path.GetFileNameWithoutExtension(path)[Prefix.Length..];

    // The score by which ggml chooses: 0 if the processor lacks an instruction that the plugin uses.
    private static int Score(string path)
    {
        if (!NativeLibrary.TryLoad(path, out nint library))
        {
            return 0;
        }
        try
        {
            return NativeLibrary.TryGetExport(library, "ggml_backend_score", out nint score) ? ((delegate* unmanaged[Cdecl]<int>)score)() : 0;
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }
}
