using Engine.Generation;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Memory;

/// <summary>Refuses allocations that would not fit, before native code makes them, because Linux grants memory that does not exist and kills
/// the process when it is touched.</summary>
internal static class MemoryRefusal
{
    /// <summary>Compares with the memory left on the machine and the devices together, because llama.cpp decides which layers go where.</summary>
    /// <exception cref="InsufficientMemoryException">Both numbers are in it.</exception>
    public static void Check(string doing, long required, DeviceChoice device)
    {
        long available = AvailableMemory.Bytes() + device.Devices.Sum(FreeBytes);
        if (required > available)
        {
            throw new InsufficientMemoryException(
                FormattableString.Invariant(
                    $"{doing}: expected {Mebibytes(required)} MiB of memory, found {Mebibytes(available)} MiB available (container limits included). ") +
                "Lower the context length or the number of slots, or take a smaller file.",
                required, available);
        }
    }

    private static long FreeBytes(nint device)
    {
        Ggml.ggml_backend_dev_memory(device, out nuint free, out _);
        return (long)free;
    }

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
