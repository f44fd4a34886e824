namespace Engine.LlamaCpp;

/// <summary>Where a model goes, in the terms of <c>llama_model_params</c>.</summary>
/// <param name="Name">For the model card: <c>cpu</c>, <c>CUDA0</c>, <c>CUDA0+CUDA1</c>, …</param>
/// <param name="Devices">The <c>ggml_backend_dev_t</c> of its devices; none for the CPU.</param>
/// <param name="GpuLayers"><c>n_gpu_layers</c>: 0 on the CPU, negative for all.</param>
internal sealed record DeviceChoice(string Name, IReadOnlyList<nint> Devices, int GpuLayers)
{
    /// <summary>The CPU alone. Its list of devices is empty and not null, for null would take all there are.</summary>
    public static DeviceChoice Cpu { get; } = new("cpu", [], 0);

    /// <summary><c>llama_model_params.devices</c>: ended by a null. Pin it while the model loads.</summary>
    public nint[] ToNullTerminated() => [.. Devices, 0];
}
