using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;
using Microsoft.Extensions.Logging;

namespace Engine.LlamaCpp.Devices;

/// <summary>Selects the machine's devices by the name in the configuration.</summary>
internal static partial class DeviceSelection
{
    /// <summary>ggml's registry, into which the search for a reason may load a plugin, is not thread-safe.</summary>
    private static readonly Lock Registry = new();

    /// <summary><c>auto</c> takes the first kind that has a real device here (a driver that computes on the CPU is slower
    /// than the CPU backend), otherwise the CPU, and logs which one and why; at level Debug also what each kind lacks. If a kind was named but is not available,
    /// that is an error, never a silent fallback to the CPU.</summary>
    /// <param name="absence">Why there is no device of a kind, and what to do.</param>
    /// <param name="device"><c>auto</c>, <c>cpu</c>, <c>cuda</c>, <c>vulkan</c> or <c>metal</c>.</param>
    /// <param name="gpuLayers">Layers to offload, -1 for all. Not used on the CPU.</param>
    /// <param name="logger">Receives what was chosen.</param>
    /// <exception cref="DeviceUnavailableException">The named kind is not available; the message says what is missing.</exception>
    /// <exception cref="ConfigurationException">There is no kind of this name.</exception>
    public static DeviceChoice Choose(Func<DeviceKind, string> absence, string device, int gpuLayers, ILogger logger)
    {
        if (device.Equals("cpu", StringComparison.OrdinalIgnoreCase))
        {
            return DeviceChoice.Cpu;
        }
        lock (Registry)
        {
            return device.Equals("auto", StringComparison.OrdinalIgnoreCase)
                ? Best(absence, gpuLayers, logger)
                : Named(absence, device, gpuLayers, logger);
        }
    }

    private static DeviceChoice Named(Func<DeviceKind, string> absence, string device, int gpuLayers, ILogger logger)
    {
        var kind = DeviceKind.All.FirstOrDefault(k => k.Name.Equals(device, StringComparison.OrdinalIgnoreCase)) ?? throw new ConfigurationException(
            $"Choosing a device: expected auto, cpu, {string.Join(", ", DeviceKind.All.Select(k => k.Name))}, found '{device}'. Correct the name.");
        var devices = kind.FindDevices();
        return devices.Count > 0 ? Choice(devices, gpuLayers, logger, $"it is what '{kind.Name}' asks for") : throw new DeviceUnavailableException(
            $"Choosing the device '{kind.Name}': expected {kind.Plugin} with a device, but {absence(kind)}; or choose the device 'auto' or 'cpu'.");
    }

    private static DeviceChoice Best(Func<DeviceKind, string> absence, int gpuLayers, ILogger logger)
    {
        foreach (var kind in DeviceKind.All)
        {
            if (kind.FindDevices().Where(d => !DeviceKind.IsSoftware(d)).ToList() is { Count: > 0 } devices)
            {
                return Choice(devices, gpuLayers, logger, $"{kind.Plugin} and its driver are there");
            }
        }
        DeviceKind[] kinds = [.. DeviceKind.All.Where(kind => kind.IsOfThisSystem)];
        LogCpu(logger, string.Join(" or ", kinds.Select(kind => kind.Name)));
        if (logger.IsEnabled(LogLevel.Debug))
        {
            foreach (var kind in kinds)
            {
                LogAbsence(logger, kind.Name, absence(kind));
            }
        }
        return DeviceChoice.Cpu;
    }

    private static DeviceChoice Choice(IReadOnlyList<nint> devices, int gpuLayers, ILogger logger, string reason)
    {
        var name = string.Join('+', devices.Select(d => Marshal.PtrToStringUTF8(Ggml.ggml_backend_dev_name(d))));
        LogDevice(logger, name, string.Join(", ", devices.Select(DeviceKind.Describe)), reason);
        return new DeviceChoice(name, devices, gpuLayers);
    }

    [LoggerMessage(1, LogLevel.Information, "Device: the CPU, because no {Kinds} device was found. To see why, run 'engine doctor' or log at level Debug.")]
    private static partial void LogCpu(ILogger logger, string kinds);

    [LoggerMessage(2, LogLevel.Information, "Device: {Name} ({Description}), because {Reason}.")]
    private static partial void LogDevice(ILogger logger, string name, string description, string reason);

    [LoggerMessage(3, LogLevel.Debug, "No {Kind} device: {Absence}.")]
    private static partial void LogAbsence(ILogger logger, string kind, string absence);
}
