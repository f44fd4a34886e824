namespace Engine;

/// <summary>How one model is loaded. Bound from <c>Engine:Models:NAME</c>.</summary>
public sealed record ModelOptions
{
    /// <summary>Path of the GGUF file (of the first part, for a split file).</summary>
    public string Path { get; init; } = "";

    /// <summary>Name of the backend: <c>auto</c>, <c>llama.cpp</c>, <c>llamasharp</c>, <c>reference</c> or one that was registered.</summary>
    /// <value>The default is <c>auto</c>: <c>llama.cpp</c> where its libraries are part of the build (Linux with glibc, x64 and arm64) or
    /// <see cref="LibraryPath"/> names one, else <c>llamasharp</c>. The log says which it was and why.</value>
    public string Backend { get; init; } = "auto";

    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda</c>, <c>vulkan</c> or <c>metal</c>.</summary>
    /// <value>The default is <c>auto</c>: the best device whose library and driver load, else the CPU.</value>
    public string Device { get; init; } = "auto";

    /// <summary>Tokens a request may hold, prompt and answer together; 0 takes the model's own, up to 4096.</summary>
    public int ContextLength { get; init; }

    /// <summary>Generations that run side by side, in one batch.</summary>
    /// <value>The default is 1.</value>
    public int Slots { get; init; } = 1;

    /// <summary>Tokens that all of them hold together, at least <see cref="ContextLength"/>; 0 for <see cref="Slots"/> times that.</summary>
    /// <remarks>With fewer, requests that grow beyond them are parked and continued when there is room.</remarks>
    public int CacheTokens { get; init; }

    /// <summary>Requests that may wait for the model; one more is refused.</summary>
    /// <value>The default is 256.</value>
    public int Queue { get; init; } = 256;

    /// <summary>Makes a generation's logits independent of its neighbours in the batch, bit for bit, at some cost in speed.</summary>
    public bool Exact { get; init; }

    /// <summary>Threads of one request's computation, as many as there are cores at the most; 0 shares the cores among the slots.</summary>
    public int Threads { get; init; }

    /// <summary>Layers to offload to the device; -1 for all.</summary>
    public int GpuLayers { get; init; } = -1;

    /// <summary>By whose rule texts become tokens, where the model's makers and llama.cpp differ.</summary>
    /// <value>The default is <see cref="TokenizerRule.Trained"/>: every backend is fed the ids that the model was trained on.</value>
    public TokenizerRule Tokenizer { get; init; }

    /// <summary>Low-rank adapters (LoRA) that are added to the model's weights, all of them together.</summary>
    public IReadOnlyList<AdapterOptions> Adapters { get; init; } = [];

    /// <summary>Folder or file of a llama.cpp library of the user's own.</summary>
    public string? LibraryPath { get; init; }

    /// <summary>Loads the vocabulary and no weights: the model splits text and refuses everything else.</summary>
    public bool VocabularyOnly { get; init; }
}
