using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tests.Shared;

/// <summary>A fact about a second device: skipped, with the reason, if there is no Vulkan one. Where
/// ENGINE_REQUIRE_VULKAN is 1 (CI: Mesa's software driver, GGML_VK_VISIBLE_DEVICES=0) its absence is a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class VulkanFactAttribute : FactAttribute
{
    public VulkanFactAttribute() =>
        Skip = Environment.GetEnvironmentVariable("ENGINE_REQUIRE_VULKAN") == "1" ? null : Absence;

    private static string? Absence { get; } = FindAbsence();

    private static string? FindAbsence()
    {
        var library = LlamaLibrary.Load(null, NullLogger.Instance);
        var vulkan = DeviceKind.All.Single(k => k.Name == "vulkan");
        return vulkan.FindDevices().Count > 0 ? null : "Needs a Vulkan device: " + vulkan.Absence(library);
    }
}
