using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.LlamaCpp.Devices;

/// <summary>A model on another device than the CPU, on any machine: Vulkan with Mesa's software driver will do.</summary>
[Collection(LoadedLibrary.Name)]
public sealed unsafe class VulkanTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("engine-vulkan-").FullName;
    private readonly LlamaLibrary _library = LlamaLibrary.Load(null, NullLogger.Instance);

    private string Model => Path.Combine(_folder, "tiny.gguf");

    public VulkanTests() => TinyLlama.Write(Model);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [VulkanFact]
    public void Every_layer_goes_to_the_device()
    {
        var (_, log) = Evaluate(Choose("vulkan"));
        Assert.Contains(log, l => l.Contains($"offloaded {TinyLlama.Layers + 1}/{TinyLlama.Layers + 1} layers to GPU", StringComparison.Ordinal));
        Assert.Contains(log, l => l.Contains("Vulkan0 model buffer size", StringComparison.Ordinal));
        Assert.Contains(log, l => l.Contains("Vulkan0 KV buffer size", StringComparison.Ordinal));
    }

    [VulkanFact]
    public void As_many_layers_go_there_as_were_asked_for()
    {
        var (_, log) = Evaluate(Choose("vulkan", gpuLayers: 2));
        Assert.Contains(log, l => l.Contains($"offloaded 2/{TinyLlama.Layers + 1} layers to GPU", StringComparison.Ordinal));
    }

    [VulkanFact]
    public void The_cpu_is_used_alone_even_if_there_is_a_device()
    {
        var (_, log) = Evaluate(Choose("cpu"));
        Assert.Contains(log, l => l.Contains($"offloaded 0/{TinyLlama.Layers + 1} layers to GPU", StringComparison.Ordinal));
        Assert.DoesNotContain(log, l => l.Contains("Vulkan", StringComparison.Ordinal));
    }

    /// <summary>Tolerance: four times the 4.9e-3 measured at an RMS of 1 (llvmpipe, which computes products in F16);
    /// a wrong token, position or layer changes them by more than 1. Equal bits would mean that one device computed both.</summary>
    [VulkanFact]
    public void The_device_computes_what_the_cpu_computes_with_its_own_arithmetic()
    {
        var (device, _) = Evaluate(Choose("vulkan"));
        var (cpu, _) = Evaluate(Choose("cpu"));
        Assert.InRange(Agreement.OfRms(device, cpu), double.Epsilon, 2e-2);
        Assert.True(cpu.Max() > 1, "the logits are too small for the comparison to mean anything");
    }

    [VulkanFact]
    public void Auto_takes_the_device_but_for_one_that_computes_on_the_cpu() =>
        Assert.Equal(Choose("vulkan").Devices.All(DeviceKind.IsSoftware), Choose("auto") == DeviceChoice.Cpu);

    private DeviceChoice Choose(string device, int gpuLayers = -1) =>
        DeviceSelection.Choose(kind => kind.Absence(_library), device, gpuLayers, NullLogger.Instance);

    /// <summary>Logits of the last of ten tokens, and what llama.cpp logged.</summary>
    private (float[] Logits, IReadOnlyList<string> Log) Evaluate(DeviceChoice choice)
    {
        using var log = NativeLog.Listen();
        using var model = Load(choice);
        Assert.False(model.IsInvalid, log.Reason);
        var parameters = Llama.llama_context_default_params();
        parameters.n_threads = parameters.n_threads_batch = 2;
        using var context = ContextHandle.FromModel(model, parameters);
        Assert.False(context.IsInvalid, log.Reason);

        int[] tokens = [1, 17, 250, 3, 99, 42, 7, 299, 64, 128];
        fixed (int* pointer = tokens)
        {
            Assert.Equal(0, Llama.llama_decode(context, new llama_batch { n_tokens = tokens.Length, token = pointer }));
        }
        return (new ReadOnlySpan<float>(Llama.llama_get_logits_ith(context, -1), TinyLlama.Vocabulary).ToArray(), log.Lines);
    }

    private ModelHandle Load(DeviceChoice choice)
    {
        var parameters = Llama.llama_model_default_params();
        parameters.n_gpu_layers = choice.GpuLayers;
        fixed (nint* devices = choice.ToNullTerminated())
        {
            parameters.devices = (nint)devices;
            return Llama.llama_model_load_from_file(Model, parameters);
        }
    }
}
