namespace Engine.LlamaCpp.Devices;

/// <summary>Where a model is placed, in terms of <c>llama_model_params</c>.</summary>
/// <param name="Name">For the model card: <c>cpu</c>, <c>CUDA0</c>, <c>CUDA0+CUDA1</c>, …</param>
/// <param name="Devices">The <c>ggml_backend_dev_t</c> of its devices; none for the CPU.</param>
/// <param name="GpuLayers"><c>n_gpu_layers</c>: 0 on the CPU, negative for all.</param>
internal sealed record DeviceChoice(string Name, IReadOnlyList<nint> Devices, int GpuLayers)
{
    /// <summary>How the model is divided among the devices. Not used on the CPU.</summary>
    public SplitMode Split { get; private init; }

    /// <summary>Each device's part; empty to divide by free memory.</summary>
    public IReadOnlyList<float> Parts { get; private init; } = [];

    /// <summary>The device for everything that is not divided.</summary>
    public int Main { get; private init; }

    /// <summary>The same choice, divided as the options say.</summary>
    /// <exception cref="ConfigurationException">There are fewer devices than they name.</exception>
    public DeviceChoice Divided(ModelOptions options)
    {
        if (Devices.Count == 0)
        {
            return this;
        }
        if (options.TensorSplit.Count > Devices.Count)
        {
            throw new ConfigurationException($"Choosing devices: TensorSplit has {options.TensorSplit.Count} parts, and there are {Devices.Count} devices ({Name}). Name a part for each.");
        }
        if (options.MainDevice >= Devices.Count)
        {
            throw new ConfigurationException($"Choosing devices: MainDevice is {options.MainDevice}, and there are {Devices.Count} devices ({Name}). Number them from 0.");
        }
        return this with { Split = options.SplitMode, Parts = options.TensorSplit, Main = options.MainDevice };
    }

    /// <summary>The CPU alone. Its list of devices is empty, not null: null means all devices.</summary>
    public static DeviceChoice Cpu { get; } = new("cpu", [], 0);

    /// <summary>The value of <c>llama_model_params.devices</c>, terminated by a null. Pin it while the model loads.</summary>
    public nint[] ToNullTerminated() => [.. Devices, 0];
}
