using Engine.Configuration;
using Engine.Gguf;
using Engine.LlamaCpp;
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
    /// <param name="file">Its file.</param>
    /// <param name="options">Which, and how much.</param>
    /// <exception cref="ModelFileException">A file is no adapter, or not one of this model.</exception>
    public static async Task<LLamaSharpAdapters> LoadAsync(SafeLlamaModelHandle model, GgufFile file, IReadOnlyList<AdapterOptions> options)
    {
        if (options.Count == 0)
        {
            return None;
        }
        foreach (AdapterOptions adapter in options)
        {
            using GgufAdapter check = GgufAdapter.Open(adapter.Path, file); // llama.cpp opens the file itself, and dies of what this refuses
        }
        return new LLamaSharpAdapters(await GuardedThread.Run(
            $"adapters of {file.FileName}", stackBytes: 16 << 20,
            reason => Refusal(string.Join(", ", options.Select(adapter => adapter.Path)), file, reason),
            () => options.Select(adapter => (Load(model, file, adapter.Path), adapter.Scale)).ToArray()).ConfigureAwait(false));
    }

    /// <summary>Puts them into a new context.</summary>
    public void Attach(SafeLLamaContextHandle context)
    {
        if (_adapters.Length > 0)
        {
            context.SetLoraAdapters(_adapters);
        }
    }

    private static LoraAdapter Load(SafeLlamaModelHandle model, GgufFile file, string path)
    {
        using var log = NativeLog.Listen();
        LoraAdapter adapter = model.LoadLoraFromFile(path);
        // LLamaSharp keeps the pointer to itself and does not look at it; llama.cpp logs an error when, and only when, it is null.
        return !log.HasErrors ? adapter : throw Refusal(path, file, log.Reason);
    }

    private static ModelFileException Refusal(string path, GgufFile file, string reason) =>
        LlamaAdapters.Refusal(path, file, LLamaSharpLibrary.Runner, reason);
}
