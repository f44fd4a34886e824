using Engine.Gguf;
using Engine.LlamaCpp;
using Engine.LlamaCpp.Runtime;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>The low-rank adapters of a model and their scales. llama.cpp frees them with the model, which its contexts keep alive.</summary>
internal sealed class LLamaSharpAdapters
{
    private readonly (LoraAdapter Adapter, float Scale)[] _adapters;

    private LLamaSharpAdapters((LoraAdapter, float)[] adapters) => _adapters = adapters;

    public static LLamaSharpAdapters None { get; } = new([]);

    /// <summary>Loads them, before the model has contexts.</summary>
    /// <param name="model">What they are added to.</param>
    /// <param name="options">Which, and how much.</param>
    /// <exception cref="ModelFileException">A file is no adapter, or not one of this model.</exception>
    public static async Task<LLamaSharpAdapters> LoadAsync(SafeLlamaModelHandle model, GgufFile file, IReadOnlyList<AdapterOptions> options) =>
        new(await AdapterLoading.RunAsync(file, options, LLamaSharpLibrary.Runner, (path, log) => Load(model, path, log)).ConfigureAwait(false));

    /// <summary>Puts them into a new context.</summary>
    public void Attach(SafeLLamaContextHandle context)
    {
        if (_adapters.Length > 0)
        {
            context.SetLoraAdapters(_adapters);
        }
    }

    /// <summary>Loads one adapter; null if llama.cpp refuses it.</summary>
    /// <remarks>LLamaSharp neither exposes nor checks the pointer; llama.cpp logs an error exactly when it is null.</remarks>
    internal static LoraAdapter? Load(SafeLlamaModelHandle model, string path, NativeLogListener log)
    {
        LoraAdapter adapter = model.LoadLoraFromFile(path);
        return log.HasErrors ? null : adapter;
    }
}
