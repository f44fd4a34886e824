using System.Runtime.InteropServices;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Interop;
using Microsoft.Extensions.Logging;

namespace Engine.LlamaCpp.Runtime;

/// <summary>The one llama.cpp of this process, loaded when the first model asks for it.</summary>
internal sealed partial class LlamaLibrary
{
    private static readonly Lock Gate = new();
    private static LlamaLibrary? _loaded;

    private readonly NativeRuntime _runtime;
    private bool _computes;

    private LlamaLibrary(NativeRuntime runtime) => _runtime = runtime;

    /// <summary>The file of libllama.</summary>
    public string Path => _runtime.Path;

    /// <summary>Its folder, where the plugins lie too.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>The result of <c>llama_version()</c>.</summary>
    public string Version { get; private set; } = "";

    /// <summary>What the plugins logged while they were loaded.</summary>
    public IReadOnlyList<string> PluginLog { get; private set; } = [];

    /// <summary>Loads the library with its plugins, or returns the one already loaded.</summary>
    /// <param name="libraryPath">The user's own folder or file; null for the library beside the program, or whichever is loaded.</param>
    /// <param name="logger">Receives llama.cpp's log from now on.</param>
    /// <param name="plugin">The only CPU plugin to load, if this call loads the library; null for the one that suits this machine.</param>
    /// <exception cref="NativeLibraryException">It is not there, does not load, is not the release this binding is written
    /// for, or another one is already loaded.</exception>
    public static LlamaLibrary Load(string? libraryPath, ILogger logger, string? plugin = null)
    {
        lock (Gate)
        {
            NativeLog.RouteTo(logger);
            if (_loaded is null)
            {
                NativeRuntime.Load(LlamaCppBackend.BackendName, unmaps: true, () =>
                {
                    _loaded = Open(NativeLibraryLocator.Find(libraryPath, AppContext.BaseDirectory));
                    return _loaded._runtime;
                });
                _loaded!.Start(plugin);
                LogLoaded(logger, _loaded.Version, _loaded.Path);
            }
            else if (!string.IsNullOrEmpty(libraryPath) && NativeLibraryLocator.Find(libraryPath, AppContext.BaseDirectory) is var other && other != _loaded.Path)
            {
                throw new NativeLibraryException(
                    $"Loading llama.cpp from {other}: this process already runs the one from {_loaded.Path}, and a process can hold only one. Give all models the same LibraryPath, or start another process.");
            }
            return _loaded._computes ? _loaded : throw new NativeLibraryException(
                $"Loading llama.cpp from {_loaded.Path}: expected a plugin libggml-cpu-*.so for this processor in {_loaded.Folder}, found none that loads. Install the library's whole folder, not only libllama, and start again.");
        }
    }

    /// <summary>Loads a library and checks it. One that is refused is unloaded, so that another can be tried.</summary>
    internal static LlamaLibrary Open(string path)
    {
        nint handle;
        try
        {
            handle = NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException(
                $"Loading {path}: expected llama.cpp {LibraryFingerprint.Release} for {NativeLibraryLocator.RuntimeIdentifier}, the system says: {LoaderFailure.Reason(e)}. Name the right file with LibraryPath, or leave it empty.", e);
        }
        var library = new LlamaLibrary(new NativeRuntime(LlamaCppBackend.BackendName, path, handle));
        try
        {
            library.Version = LibraryFingerprint.Check(path, (name, function) => NativeLibrary.TryGetExport(library._runtime.Resolve(name), function, out var address) ? address : 0);
        }
        catch
        {
            NativeLibrary.Free(handle);
            throw;
        }
        return library;
    }

    private void Start(string? plugin)
    {
        NativeLog.Attach();
        Llama.llama_backend_init();
        using var log = NativeLog.Listen();
        if (plugin is null)
        {
            Ggml.ggml_backend_load_all_from_path(Folder);
        }
        else
        {
            Ggml.ggml_backend_load(plugin);
        }
        PluginLog = log.Lines;
        _computes = Ggml.ggml_backend_reg_by_name("CPU") != 0;
        NativeRuntime.ReportBuild();
    }

    [LoggerMessage(1, LogLevel.Information, "llama.cpp {Version} is loaded from {Path}.")]
    private static partial void LogLoaded(ILogger logger, string version, string path);
}
