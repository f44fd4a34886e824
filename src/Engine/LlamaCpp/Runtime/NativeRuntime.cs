using System.Reflection;
using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Runtime;

/// <summary>The one llama.cpp of this process, whichever backend loaded it. Two would have different files with the name
/// libggml-base, and the dynamic loader would give both the first one.</summary>
/// <param name="Backend">The backend that loaded it.</param>
/// <param name="Path">The file of libllama.</param>
/// <param name="Handle">The handle of that file.</param>
internal sealed record NativeRuntime(string Backend, string Path, nint Handle)
{
    private static readonly Lock Gate = new();
    private static NativeRuntime? _loaded;
    private static string? _owner;
    private static bool _resolves;

    /// <summary>Loads a runtime, unless another backend's is loaded, and binds the imports of Interop to it.</summary>
    /// <param name="backend">The backend that loads it.</param>
    /// <param name="unmaps">Whether a library that <paramref name="map"/> refuses is unloaded, so that the process can load another.</param>
    /// <param name="map">Maps the libraries.</param>
    /// <exception cref="NativeLibraryException">The process runs another backend's.</exception>
    public static void Load(string backend, bool unmaps, Func<NativeRuntime> map)
    {
        lock (Gate)
        {
            if (_owner is { } other && other != backend)
            {
                throw new NativeLibraryException(
                    $"Loading the native library of the backend '{backend}': this process already runs the backend '{other}' with {_loaded?.Path ?? "a library that did not load completely"}, and the two libraries cannot live in one process. Give all models of a process one of these backends, or start another process.");
            }
            if (!OperatingSystem.IsWindows())
            {
                // Before libggml-base is mapped: otherwise a failed assertion forks and runs a debugger on this process.
                _ = LibC.SetEnv("GGML_NO_BACKTRACE", "1", overwrite: 1);
            }
            _owner = unmaps ? _owner : backend;
            _loaded = map();
            _owner = backend;
            if (!_resolves)
            {
                NativeLibrary.SetDllImportResolver(typeof(Llama).Assembly, ResolveImport);
                _resolves = true;
            }
        }
    }

    /// <summary>Tells the reference how the CPU backend that is now loaded computes.</summary>
    public static void ReportBuild() => GgmlBuild.SetCurrent(Marshal.PtrToStringUTF8(Llama.llama_print_system_info())!);

    /// <summary>Resolves the library's name in an import to its handle. dlsym also searches a library's dependencies, so on Linux and
    /// macOS one handle serves all three names, whatever their files are called; GetProcAddress does not.</summary>
    public nint Resolve(string name) => OperatingSystem.IsWindows() && name != Llama.Library
        ? NativeLibrary.Load(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, name + ".dll"))
        : Handle;

    private static nint ResolveImport(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name is Llama.Library or Ggml.BaseLibrary or Ggml.RegistryLibrary ? _loaded!.Resolve(name) : 0;
}
