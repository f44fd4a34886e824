using Engine;
using Engine.LlamaCpp.Direct;
using Engine.Parity;

namespace ReferenceModels.Tests.Models;

/// <summary>llama.cpp on a second device, judged by the reference: the check that a new GPU would get.</summary>
public sealed class VulkanParityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [VulkanFact]
    public async Task The_devices_results_pass_against_the_reference()
    {
        ParityReport report = await CompareAsync(new RandomLlama { H = 8, G = 2 });
        Assert.True(report.Verdict == ParityVerdict.Pass, report.ToText());
    }

    [VulkanFact]
    public async Task Another_epsilon_on_the_device_fails()
    {
        ParityReport report = await CompareAsync(new RandomLlama { H = 8, G = 2, Epsilon = 1e-2f });
        Assert.True(report.Verdict == ParityVerdict.Fail, report.ToText());
    }

    private async Task<ParityReport> CompareAsync(RandomLlama judged)
    {
        string right = new RandomLlama { H = 8, G = 2 }.Write(_folder.File("right.gguf"));
        await using IModel native = await new LlamaCppBackend().LoadAsync(new ModelOptions { Path = judged.Write(_folder.File("judged.gguf")), Device = "vulkan" });
        await using IModel reference = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = right });
        Assert.StartsWith("Vulkan", native.Card.Device, StringComparison.Ordinal);
        return await ParityCheck.RunAsync(native, reference, Prompt.FromTokens(judged.Tokens(40)));
    }
}
