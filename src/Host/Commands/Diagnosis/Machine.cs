using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Engine.Generation;

namespace Engine.Host.Commands.Diagnosis;

/// <summary>What can be learned about the machine without a native library.</summary>
/// <param name="OperatingSystem">Its name and version.</param>
/// <param name="Processor">The processor's own name, or its architecture.</param>
/// <param name="Cores">Logical cores that this process may use.</param>
/// <param name="Instructions">The instruction sets that the kernels use and the runtime supports here.</param>
/// <param name="MemoryBytes">Memory of the machine, or of the container around this process.</param>
/// <param name="AvailableBytes">How much of it this process can still allocate.</param>
/// <param name="GraphicsCards">On the PCI bus, whether or not they have a driver. Linux only.</param>
/// <param name="NvidiaDriver">Its version; null without one. Linux only.</param>
internal sealed record Machine(
    string OperatingSystem, string Processor, int Cores, IReadOnlyList<string> Instructions, long MemoryBytes, long AvailableBytes,
    IReadOnlyList<string> GraphicsCards, string? NvidiaDriver)
{
    public static Machine Read(string root = "/") => new(
        RuntimeInformation.OSDescription, ReadProcessor(root), Environment.ProcessorCount, [.. ReadInstructions()],
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, AvailableMemory.Bytes(), [.. ReadGraphicsCards(root)], ReadNvidiaDriver(root));

    private static string ReadProcessor(string root)
    {
        string? name = Lines(Path.Combine(root, "proc/cpuinfo")).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim();
        return string.IsNullOrEmpty(name) ? RuntimeInformation.ProcessArchitecture.ToString() : name;
    }

    private static IEnumerable<string> ReadInstructions() => new (string Name, bool IsThere)[]
    {
        ("AVX-512", Avx512F.IsSupported),
        ("AVX2", Avx2.IsSupported),
        ("FMA", Fma.IsSupported),
        ("AVX", Avx.IsSupported),
        ("NEON", AdvSimd.Arm64.IsSupported),
    }.Where(set => set.IsThere).Select(set => set.Name);

    /// <summary>PCI class 03: displays, and compute cards that identify as one.</summary>
    private static IEnumerable<string> ReadGraphicsCards(string root)
    {
        string bus = Path.Combine(root, "sys/bus/pci/devices");
        foreach (string device in Directory.Exists(bus) ? Directory.GetDirectories(bus).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            if (Id(device, "class") is { } type && type >> 16 == 0x03 && Id(device, "vendor") is { } vendor && Vendor(vendor) is { } name)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{name} ({vendor:x4}:{Id(device, "device") ?? 0:x4})");
            }
        }
    }

    // Other vendors are virtual displays, which cannot compute.
    private static string? Vendor(int id) => id switch
    {
        0x10DE => "NVIDIA",
        0x1002 => "AMD",
        0x8086 => "Intel",
        _ => null,
    };

    private static int? Id(string device, string name) =>
        Lines(Path.Combine(device, name)) is [var text, ..] && text.StartsWith("0x", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int id) ? id : null;

    // "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.82.07  Release Build"
    private static string? ReadNvidiaDriver(string root) => Lines(Path.Combine(root, "proc/driver/nvidia/version")) is [var line, ..]
        ? line.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => char.IsAsciiDigit(word[0]) && word.Contains('.', StringComparison.Ordinal))
        : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (SystemRefusal.Is(e))
        {
            return []; // a container may show the file without allowing it to be read
        }
    }
}
