using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;

namespace Engine.LlamaCpp.Devices;

/// <summary>A kind of device other than the CPU: a plugin of ggml and its requirements.</summary>
/// <param name="Name">The name in the configuration.</param>
/// <param name="Registry">ggml's name of its backend.</param>
/// <param name="Plugin">File of the plugin, beside libllama.</param>
/// <param name="Installation">How to get the plugin.</param>
/// <param name="NoDevice">What it means when the plugin loads but finds no device.</param>
internal sealed record DeviceKind(string Name, string Registry, string Plugin, string Installation, string NoDevice)
{
    /// <summary>All kinds, in the order in which <c>auto</c> tries them.</summary>
    public static IReadOnlyList<DeviceKind> All { get; } =
    [
        new("cuda", "CUDA", "libggml-cuda.so",
            "Run 'dotnet build native -t:Cuda' in the engine's source tree and build or publish again; or, for a program made of packages, 'dotnet add package Engine.Native.linux-x64.Cuda'",
            "the NVIDIA driver shows no GPU that CUDA 13 can use (CUDA_VISIBLE_DEVICES may hide it)"),
        new("vulkan", "Vulkan", "libggml-vulkan.so",
            "Run 'dotnet build native -t:Vulkan' in the engine's source tree and build or publish again; or, for a program made of packages, 'dotnet add package Engine.Native.linux-x64.Vulkan'",
            "the Vulkan loader shows no GPU: install the GPU's Vulkan driver (one that computes on the CPU, such as Mesa's llvmpipe, counts only if GGML_VK_VISIBLE_DEVICES=0 names it)"),
        new("metal", "MTL", "libggml-metal.so",
            "Build llama.cpp with Metal and name its folder with LibraryPath",
            "macOS shows no Metal device"),
    ];

    /// <summary>Whether this operating system has such devices at all.</summary>
    public bool IsOfThisSystem => Name == "metal" == OperatingSystem.IsMacOS();

    /// <summary>Whether its backend is loaded, with a device or without.</summary>
    public bool IsLoaded => Ggml.ggml_backend_reg_by_name(Registry) != 0;

    /// <summary>The GPUs; if there are none, the GPUs that share the processor's memory. Empty without the plugin.</summary>
    public IReadOnlyList<nint> FindDevices()
    {
        var registration = Ggml.ggml_backend_reg_by_name(Registry);
        if (registration == 0)
        {
            return [];
        }
        var devices = Enumerable.Range(0, (int)Ggml.ggml_backend_reg_dev_count(registration))
            .Select(i => Ggml.ggml_backend_reg_dev_get(registration, (nuint)i))
            .ToLookup(Ggml.ggml_backend_dev_type);
        return [.. devices[ggml_backend_dev_type.GPU].Any() ? devices[ggml_backend_dev_type.GPU] : devices[ggml_backend_dev_type.IGPU]];
    }

    /// <summary>Why no device of this kind is used, and what to do.</summary>
    public string Absence(LlamaLibrary library)
    {
        if (Name == "metal" && !IsOfThisSystem)
        {
            return "Metal exists on macOS only";
        }
        if (FindDevices() is { Count: > 0 } software)
        {
            return $"{Plugin} finds only {string.Join(", ", software.Select(Describe))}, which computes on the CPU";
        }
        if (IsLoaded)
        {
            var said = library.PluginLog.Where(l => l.Contains(Registry, StringComparison.OrdinalIgnoreCase) && l.Contains("fail", StringComparison.OrdinalIgnoreCase)).ToList();
            return $"{Plugin} loads, but {NoDevice}{(said.Count > 0 ? "; it says: " + string.Join("; ", said) : "")}";
        }
        var path = Path.Combine(library.Folder, Plugin);
        if (!File.Exists(path))
        {
            return $"the file {path} is missing. {Installation}";
        }
        // Loading all plugins does not report failures; loading a single one does.
        using var log = NativeLog.Listen();
        return Ggml.ggml_backend_load(path) != 0 ? $"{path} loads only now. Start again"
            : log.Reason.Contains("returned NULL", StringComparison.Ordinal) ? $"{path} loads, but {NoDevice}"
            : $"{path} does not load: {DoesNotLoad(log.Reason.Split(path + ": ")[^1])}";
    }

    private static string DoesNotLoad(string words) =>
        LoaderFailure.Owner(words, file => NativeLibrary.TryLoad(file, out _)) is { } owner ? $"{words} ({owner})" : $"{words}. Install what it asks for";

    /// <summary>A device's description, such as <c>NVIDIA H200</c>.</summary>
    public static string Describe(nint device) => Marshal.PtrToStringUTF8(Ggml.ggml_backend_dev_description(device)) ?? "";

    /// <summary>Whether a driver computes on the CPU: Mesa's llvmpipe, SwiftShader. ggml calls such a device a GPU.</summary>
    public static bool IsSoftware(nint device) =>
        Describe(device) is var name && (name.Contains("llvmpipe", StringComparison.Ordinal) || name.Contains("SwiftShader", StringComparison.Ordinal));
}
