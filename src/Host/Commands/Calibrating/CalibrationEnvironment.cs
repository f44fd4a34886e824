using System.Security.Cryptography;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Runtime;
using ReferenceModels;

namespace Engine.Host.Commands.Calibrating;

/// <summary>What a calibration was measured with: everything that may change the result. A rebuilt reference counts as a change.</summary>
internal static class CalibrationEnvironment
{
    /// <param name="options">What the native model was loaded with.</param>
    /// <param name="native">The native model.</param>
    public static string Of(ModelOptions options, ModelCard native)
    {
        string plugin = CpuPlugins.Find(options.LibraryPath) is [{ } best, ..] ? CpuPlugins.Name(best) : "none";
        string build = typeof(ReferenceBackend).Module.ModuleVersionId.ToString("N")[..8];
        return $"llama.cpp {LibraryFingerprint.Release} (ggml {LibraryFingerprint.GgmlVersion}), {plugin}, device {native.Device}, reference {build}{Adapters(options.Adapters)}";
    }

    private static string Adapters(IReadOnlyList<AdapterOptions> adapters) => string.Concat(adapters.Select(adapter =>
    {
        using FileStream content = File.OpenRead(adapter.Path);
        return FormattableString.Invariant($", adapter {Convert.ToHexStringLower(SHA256.HashData(content))[..8]} x {adapter.Scale}");
    }));
}
