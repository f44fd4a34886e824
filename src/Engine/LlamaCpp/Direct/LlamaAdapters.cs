using Engine.Gguf;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;

namespace Engine.LlamaCpp.Direct;

/// <summary>The low-rank adapters of a model and their scales. llama.cpp frees them with the model, which its contexts keep alive.</summary>
internal sealed class LlamaAdapters
{
    private readonly nint[] _adapters;
    private readonly float[] _scales;

    private LlamaAdapters(nint[] adapters, float[] scales) => (_adapters, _scales) = (adapters, scales);

    public static LlamaAdapters None { get; } = new([], []);

    /// <summary>Loads the adapters, before the model has contexts.</summary>
    /// <param name="model">The model they are added to.</param>
    /// <param name="options">The adapters and their scales.</param>
    /// <exception cref="ModelFileException">A file is not an adapter, or not one for this model.</exception>
    public static async Task<LlamaAdapters> LoadAsync(ModelHandle model, GgufFile file, IReadOnlyList<AdapterOptions> options)
    {
        var loaded = await AdapterLoading.RunAsync(
            file, options, $"llama.cpp {LibraryFingerprint.Release}",
            (path, _) => Llama.llama_adapter_lora_init(model, path) is not 0 and var adapter ? (object)adapter : null).ConfigureAwait(false);
        return new LlamaAdapters([.. loaded.Select(one => (nint)one.Adapter)], [.. loaded.Select(one => one.Scale)]);
    }

    /// <summary>Sets the adapters of a new context.</summary>
    public unsafe void Attach(ContextHandle context)
    {
        if (_adapters.Length == 0)
        {
            return;
        }
        fixed (nint* adapters = _adapters)
        fixed (float* scales = _scales)
        {
            _ = Llama.llama_set_adapters_lora(context, adapters, (nuint)_adapters.Length, scales); // always 0
        }
    }
}
