using Engine.Configuration;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp;

/// <summary>The low-rank adapters of a model and their scales. llama.cpp frees them with the model, which its contexts keep alive.</summary>
internal sealed class LlamaAdapters
{
    private const string Runner = $"llama.cpp {LibraryFingerprint.Release}";

    private readonly nint[] _adapters;
    private readonly float[] _scales;

    private LlamaAdapters(nint[] adapters, float[] scales) => (_adapters, _scales) = (adapters, scales);

    public static LlamaAdapters None { get; } = new([], []);

    /// <summary>Loads them, before the model has contexts.</summary>
    /// <param name="model">What they are added to.</param>
    /// <param name="file">Its file.</param>
    /// <param name="options">Which, and how much.</param>
    /// <exception cref="ModelFileException">A file is no adapter, or not one of this model.</exception>
    public static async Task<LlamaAdapters> LoadAsync(ModelHandle model, GgufFile file, IReadOnlyList<AdapterOptions> options)
    {
        if (options.Count == 0)
        {
            return None;
        }
        foreach (AdapterOptions adapter in options)
        {
            using GgufAdapter check = GgufAdapter.Open(adapter.Path, file); // llama.cpp opens the file itself, and dies of what this refuses
        }
        nint[] handles = await GuardedThread.Run(
            $"adapters of {file.FileName}", stackBytes: 16 << 20,
            reason => Refusal(string.Join(", ", options.Select(adapter => adapter.Path)), file, Runner, reason),
            () => options.Select(adapter => Load(model, file, adapter.Path)).ToArray()).ConfigureAwait(false);
        return new LlamaAdapters(handles, [.. options.Select(adapter => adapter.Scale)]);
    }

    /// <summary>Puts them into a new context.</summary>
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

    private static nint Load(ModelHandle model, GgufFile file, string path)
    {
        using var log = NativeLog.Listen();
        nint adapter = Llama.llama_adapter_lora_init(model, path);
        return adapter != 0 ? adapter : throw Refusal(path, file, Runner, log.Reason);
    }

    /// <summary>What the user reads where llama.cpp refuses an adapter.</summary>
    /// <param name="path">The adapter's file.</param>
    /// <param name="file">The model's.</param>
    /// <param name="runner">Who runs it, such as <c>llama.cpp v0.5.0</c>.</param>
    /// <param name="reason">What it logged.</param>
    public static ModelFileException Refusal(string path, GgufFile file, string runner, string reason) => new(
        $"Loading the adapter {Path.GetFileName(path)} for {file.FileName}: expected one that {runner} takes; it refuses the file: {reason}. Check the file, or convert the adapter again.");
}
