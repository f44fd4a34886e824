using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Engine.LlamaCpp.Runtime;

/// <summary>Explains why the system's loader refuses a library, and what is missing on the machine.</summary>
internal static partial class LoaderFailure
{
    /// <summary>Windows's error for a missing file, which does not name it.</summary>
    private const string ModuleNotFound = "0x8007007E";

    // Files of the Visual C++ runtime, which is not part of Windows.
    private static readonly string[] VisualCpp = ["msvcp140.dll", "vcruntime140.dll", "vcruntime140_1.dll", "vcomp140.dll"];

    /// <summary>Loads libraries in order of dependency, and unloads them again.</summary>
    /// <returns>The first that does not load, and the reason; null if all do.</returns>
    public static (string Path, string Reason)? First(IEnumerable<string> paths)
    {
        var handles = new List<nint>();
        try
        {
            foreach (string path in paths)
            {
                try
                {
                    handles.Add(NativeLibrary.Load(path));
                }
                catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
                {
                    return (path, Reason(e));
                }
            }
            return null;
        }
        finally
        {
            handles.ForEach(NativeLibrary.Free);
        }
    }

    /// <summary>The loader's message and the owner of the file it did not find, as a clause without a full stop.</summary>
    public static string Reason(Exception e)
    {
        string words = e.Message.Trim().Split('\n')[^1].Trim().TrimEnd('.');
        return Owner(words, file => NativeLibrary.TryLoad(file, out _)) is { } owner ? $"{words} ({owner})" : words;
    }

    /// <summary>The owner of a file that the loader did not find, and how to get it; null if the message names no known file.</summary>
    /// <param name="words">The loader's message.</param>
    /// <param name="loads">Whether a library with this name can be loaded; used on Windows, whose message names no file.</param>
    public static string? Owner(string words, Func<string, bool> loads)
    {
        bool Names(string part) => words.Contains(part, StringComparison.OrdinalIgnoreCase);
        return Names("libgomp") ? "GCC's OpenMP runtime: install it; Debian and Ubuntu call it libgomp1, Fedora, RHEL and Alpine libgomp"
            : Names("libstdc++") || Names("GLIBCXX_") || Names("CXXABI_") ? "the C++ runtime of GCC 11 or newer: install it; Debian and Ubuntu call it libstdc++6, Fedora, RHEL and Alpine libstdc++"
            : Names("libgcc_s") ? "GCC's runtime: install it; Debian and Ubuntu call it libgcc-s1, Fedora, RHEL and Alpine libgcc"
            : Glibc().Match(words) is { Success: true } version ? $"the library needs glibc {version.Groups[1]} or newer, and this system's is older: take a newer distribution"
            : Names("ld-linux") || Names("libc.so.6") ? "glibc, which this system (musl?) does not have: the library is built for distributions with glibc"
            : Cuda().Match(words) is { Success: true } cuda ? $"of the CUDA {cuda.Groups[1]} runtime: install it, or put its folder into LD_LIBRARY_PATH"
            : Names("libcuda.so") ? "of the NVIDIA driver: install one for this version of CUDA, and in a container give it the GPU"
            : Names("libvulkan") ? "the Vulkan loader: install it (Debian and Ubuntu: libvulkan1) with the GPU's Vulkan driver"
            : Names("built for macOS") ? "this macOS is older than the library needs"
            : Names(ModuleNotFound) && VisualCpp.Where(file => !loads(file)).ToArray() is { Length: > 0 } missing
                ? $"missing {string.Join(", ", missing)}, of the Microsoft Visual C++ runtime: install the Visual C++ Redistributable"
            : null;
    }

    [GeneratedRegex(@"GLIBC_(\d+(?:\.\d+)+)")]
    private static partial Regex Glibc();

    [GeneratedRegex(@"libcu(?:dart|blas)\w*\.so\.(\d+)")]
    private static partial Regex Cuda();
}
