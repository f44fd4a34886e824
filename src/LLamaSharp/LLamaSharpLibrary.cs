using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Runtime;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace Engine.LLamaSharp;

/// <summary>The native library of LLamaSharp in this process. LLamaSharp chooses it once: the options of the first model decide.</summary>
internal sealed partial class LLamaSharpLibrary
{
    private static readonly Lock Gate = new();
    private static readonly List<string> LoadingLog = [];
    private static LLamaSharpLibrary? _loaded;
    private static NativeLibraryException? _failure;

    private readonly string? _asked;
    private readonly bool _triesCuda;

    private LLamaSharpLibrary(string path, string? asked, bool triesCuda) => (Path, _asked, _triesCuda) = (path, asked, triesCuda);

    /// <summary>The name of the library, for messages: <c>LLamaSharp 0.30.0</c>.</summary>
    public static string Runner { get; } = "LLamaSharp " + typeof(LLamaSharpLibrary).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "LLamaSharpVersion").Value;

    /// <summary>The file of libllama.</summary>
    public string Path { get; }

    /// <summary>Has LLamaSharp load its library, or gives the one already loaded.</summary>
    /// <param name="options">The options of the model to load: <see cref="ModelOptions.LibraryPath"/> names the user's own library; the
    /// device decides whether the CUDA libraries are tried.</param>
    /// <param name="logger">Receives its log from now on.</param>
    /// <exception cref="NativeLibraryException">It is not there, does not load, is not the one LLamaSharp is written for, or
    /// another one is already loaded.</exception>
    public static LLamaSharpLibrary Load(ModelOptions options, ILogger logger)
    {
        string? asked = string.IsNullOrEmpty(options.LibraryPath) ? null : LibraryFile(options.LibraryPath);
        lock (Gate)
        {
            NativeLog.RouteTo(logger);
            if (_failure is not null)
            {
                throw new NativeLibraryException($"{_failure.Message} LLamaSharp tries once in a process: start it again.", _failure);
            }
            if (_loaded is null)
            {
                bool triesCuda = !options.Device.Equals("cpu", StringComparison.OrdinalIgnoreCase);
                NativeRuntime.Load(LLamaSharpBackend.BackendName, unmaps: false, () =>
                {
                    _loaded = new LLamaSharpLibrary(Map(asked, triesCuda), asked, triesCuda);
                    return new NativeRuntime(LLamaSharpBackend.BackendName, _loaded.Path, NativeLibrary.Load(_loaded.Path));
                });
                NativeLog.Attach();
                NativeRuntime.ReportBuild();
                LogLoaded(logger, Runner, _loaded!.Path);
            }
            else if (asked is not null && asked != _loaded._asked)
            {
                throw new NativeLibraryException(
                    $"Loading llama.cpp from {asked}: this process already runs the one from {_loaded.Path}, and LLamaSharp chooses its library once. Give all models the same LibraryPath, or start another process.");
            }
            return _loaded;
        }
    }

    /// <summary>Why no device of a kind is taken, and what to do.</summary>
    public string Absence(DeviceKind kind)
    {
        if (kind.Name != "cuda")
        {
            return $"LLamaSharp is built in with its packages for the CPU and for CUDA 12; use the backend '{LlamaCppBackend.BackendName}'";
        }
        if (!_triesCuda)
        {
            return "the first model of this process asked for the device 'cpu', and LLamaSharp chooses its library once. Ask for the device 'cuda' with the first model";
        }
        if (kind.IsLoaded)
        {
            return "the NVIDIA driver shows no GPU that CUDA 12 can use (CUDA_VISIBLE_DEVICES may hide it)";
        }
        string file = OperatingSystem.IsWindows() ? "ggml-cuda.dll" : kind.Plugin;
        string plugin = System.IO.Path.Combine(AppContext.BaseDirectory, "runtimes", NativeLibraryLocator.RuntimeIdentifier, "native", "cuda12", file);
        if (!File.Exists(plugin))
        {
            return $"the file {plugin} is missing. Build with -p:LLamaSharpCuda=true on a package feed that has LLamaSharp.Backend.Cuda12, or use the backend '{LlamaCppBackend.BackendName}'";
        }
        try
        {
            NativeLibrary.Free(NativeLibrary.Load(plugin));
            return $"{plugin} loads only now. Start again";
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return $"{plugin} does not load: {LoaderFailure.Reason(e)}";
        }
    }

    private static string Map(string? asked, bool triesCuda)
    {
        if (asked is not null)
        {
            ContextLayout.Check(asked);
        }
        if (!NativeLibraryConfig.LLama.LibraryHasLoaded)
        {
            NativeLibraryConfig.LLama
                .WithLibrary(asked)
                .WithSearchDirectory(AppContext.BaseDirectory)
                .WithSelectingPolicy(new LLamaSharpSelection(triesCuda))
                .WithLogCallback((level, line) => Keep(line));
        }
        try
        {
            if (NativeLibraryConfig.LLama.DryRun(out _) && FindMapped() is { } path)
            {
                CheckMapped(path);
                NativeApi.llama_empty_call(); // binds LLamaSharp's imports to it
                return path;
            }
        }
        catch (Exception e) when (e is RuntimeError or TypeInitializationException)
        {
            Keep(e.GetBaseException().Message);
        }
        string[] said;
        lock (LoadingLog)
        {
            said = [.. LoadingLog.Where(line => line.Contains("ailed", StringComparison.Ordinal)).Distinct().TakeLast(4)];
        }
        throw _failure = new NativeLibraryException(asked is not null
            ? MissingLibrary.Unexplained(asked, said)
            : MissingLibrary.Explain(AppContext.BaseDirectory, NativeLibraryLocator.RuntimeIdentifier, said));
    }

    private static void CheckMapped(string path)
    {
        try
        {
            ContextLayout.Check(path);
        }
        catch (NativeLibraryException e)
        {
            _failure = e; // it stays mapped
            throw;
        }
    }

    private static void Keep(string line)
    {
        lock (LoadingLog)
        {
            LoadingLog.Add(line.Trim());
        }
    }

    private static string LibraryFile(string libraryPath)
    {
        string name = OperatingSystem.IsWindows() ? "llama.dll" : OperatingSystem.IsMacOS() ? "libllama.dylib" : "libllama.so";
        string file = System.IO.Path.GetFullPath(Directory.Exists(libraryPath) ? System.IO.Path.Combine(libraryPath, name) : libraryPath);
        return File.Exists(file) ? file : throw new NativeLibraryException(
            $"Loading the native library of {Runner}: expected {file}, found nothing there. LibraryPath must name libllama or the folder that holds it; leave it empty to take the library of LLamaSharp's packages.");
    }

    // LLamaSharp does not say which file it took.
    private static string? FindMapped()
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Select(module => module.FileName)
            .FirstOrDefault(file => System.IO.Path.GetFileName(file) is var name &&
                (name.StartsWith("libllama.", StringComparison.Ordinal) || name.Equals("llama.dll", StringComparison.OrdinalIgnoreCase)));
    }

    [LoggerMessage(1, LogLevel.Information, "{LLamaSharp} runs llama.cpp from {Path}.")]
    private static partial void LogLoaded(ILogger logger, string lLamaSharp, string path);
}
