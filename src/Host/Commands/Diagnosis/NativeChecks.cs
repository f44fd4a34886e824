using System.Runtime.InteropServices;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Host.Commands.Diagnosis;

/// <summary>Checks llama.cpp's library beside the program, its CPU builds and its device plugins.</summary>
/// <param name="Library">Its check.</param>
/// <param name="Kinds">A check for each kind of device that this system can have.</param>
/// <param name="Devices">The devices that the plugins report.</param>
internal sealed record NativeChecks(DoctorCheck Library, IReadOnlyList<DoctorCheck> Kinds, IReadOnlyList<FoundDevice> Devices)
{
    /// <param name="libraryPath">The user's own library; null for the one beside the program.</param>
    /// <param name="machine">Says which cards lack a plugin.</param>
    public static NativeChecks Run(string? libraryPath, Machine machine)
    {
        LlamaLibrary library;
        try
        {
            library = LlamaLibrary.Load(libraryPath, NullLogger.Instance);
        }
        catch (NativeLibraryException e)
        {
            // Platforms without a pinned library use another backend, which brings its own.
            bool isNeeded = !string.IsNullOrEmpty(libraryPath) || NativeLibraryLocator.IsPinned(NativeLibraryLocator.RuntimeIdentifier);
            return new(new(DoctorRun.LlamaCpp, isNeeded ? CheckState.Missing : CheckState.Absent, e.Message), [], []);
        }
        string[] builds = [.. CpuPlugins.Find(libraryPath).Select(CpuPlugins.Name)];
        string build = builds is [var taken, .. var others]
            ? $", CPU build {taken}{(others.Length > 0 ? $" ({string.Join(", ", others)} would run here, too)" : "")}" : "";
        DeviceKind[] kinds = [.. DeviceKind.All.Where(kind => kind.IsOfThisSystem)];
        return new(
            new(DoctorRun.LlamaCpp, CheckState.Ok, $"{library.Version} (ggml {LibraryFingerprint.GgmlVersion}){build}, from {library.Folder}"),
            [.. kinds.Select(kind => Check(kind, library, machine))],
            [.. kinds.SelectMany(kind => kind.FindDevices().Select(device => Describe(kind, device)))]);
    }

    private static DoctorCheck Check(DeviceKind kind, LlamaLibrary library, Machine machine)
    {
        string[] found = [.. kind.FindDevices().Where(device => !DeviceKind.IsSoftware(device)).Select(device => Describe(kind, device)).Select(Words)];
        if (found.Length > 0)
        {
            string driver = kind.Name == "cuda" && machine.NvidiaDriver is { } version ? $"; driver {version}" : "";
            return new(kind.Name, CheckState.Ok, string.Join(", ", found) + driver);
        }
        string cards = machine.GraphicsCards.Count > 0 ? $"; in this machine: {string.Join(", ", machine.GraphicsCards)}" : "; no graphics card was found in this machine";
        return new(kind.Name, CheckState.Absent, kind.Absence(library) + (OperatingSystem.IsLinux() ? cards : ""));
    }

    private static string Words(FoundDevice device) =>
        $"{device.Name}: {device.Description}, {ByteCount.Describe(device.FreeBytes)} of {ByteCount.Describe(device.TotalBytes)} free";

    private static FoundDevice Describe(DeviceKind kind, nint device)
    {
        Ggml.ggml_backend_dev_memory(device, out nuint free, out nuint total);
        return new(kind.Name, Marshal.PtrToStringUTF8(Ggml.ggml_backend_dev_name(device)) ?? "", DeviceKind.Describe(device), (long)free, (long)total, DeviceKind.IsSoftware(device));
    }
}
