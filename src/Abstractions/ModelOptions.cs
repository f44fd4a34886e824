namespace Engine;

/// <summary>How one model is loaded. Bound from <c>Engine:Models:NAME</c>.</summary>
public sealed record ModelOptions
{
    /// <summary>Path of the GGUF file (of the first part, for a split file).</summary>
    public string Path { get; init; } = "";

    /// <summary>The model's name in the configuration, for its metrics; null if it is not configured.</summary>
    internal string? Name { get; init; }

    /// <summary>Called first on the thread that computes scores; null for nothing.</summary>
    internal Action? ThreadBegins { get; init; }

    /// <summary>Name of the backend: <c>auto</c>, <c>llama.cpp</c>, <c>llamasharp</c>, <c>reference</c>, <c>remote</c> or one that was registered.</summary>
    /// <value>The default is <c>auto</c>: <c>remote</c> where there is an <see cref="Endpoint"/>; <c>llama.cpp</c> where its libraries are part of the build (Linux with glibc, x64 and arm64) or
    /// <see cref="LibraryPath"/> names one, else <c>llamasharp</c>. The log says which it was and why.</value>
    public string Backend { get; init; } = "auto";

    /// <summary>When it is loaded.</summary>
    /// <value>The default is <see cref="ModelLoad.AtStart"/>.</value>
    public ModelLoad Load { get; init; }

    /// <summary>The time without a request after which it is unloaded; its next request loads it again. Null for never.</summary>
    public TimeSpan? UnloadAfter { get; init; }

    /// <summary>Whether it runs in its own process, which is restarted if it dies: crashes of native code there affect no other model.</summary>
    /// <value>The default is <see cref="Isolation.None"/>.</value>
    public Isolation Isolation { get; init; }

    /// <summary>The check that it must pass before it serves, on first load and after every change; null for none.</summary>
    public GateOptions? Gate { get; init; }

    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda</c>, <c>vulkan</c> or <c>metal</c>.</summary>
    /// <value>The default is <c>auto</c>: the best device whose library and driver load, else the CPU.</value>
    public string Device { get; init; } = "auto";

    /// <summary>Tokens a request may hold, prompt and answer together; 0 takes the model's own, up to 4096.</summary>
    public int ContextLength { get; init; }

    /// <summary>The number of generations that run side by side, in one batch.</summary>
    /// <value>The default is 1.</value>
    public int Slots { get; init; } = 1;

    /// <summary>Tokens that all of them hold together, at least <see cref="ContextLength"/>; 0 for <see cref="Slots"/> times that.</summary>
    /// <remarks>If these run out, requests are parked and continued when there is room.</remarks>
    public int CacheTokens { get; init; }

    /// <summary>Requests that may wait for the model; one more is refused.</summary>
    /// <value>The default is 256.</value>
    public int Queue { get; init; } = 256;

    /// <summary>Makes a generation's logits independent of its neighbours in the batch, bit for bit, at some cost in speed: the reference
    /// evaluates prompts token by token then.</summary>
    public bool Exact { get; init; }

    /// <summary>How the backend <c>reference</c> computes products with quantized and 16-bit weights for requests with <see cref="Numerics.Production"/>:
    /// generations, scores and embeddings. Other backends ignore it.</summary>
    /// <value>The default is <see cref="Arithmetic.Exact"/>: F32 activations. <see cref="Arithmetic.Ggml"/> rounds activations as llama.cpp does on the CPU,
    /// beside quantized weights to 8 bits in blocks: as far from the exact result as llama.cpp, and on x64 faster, up to twice for Q4_K, Q5_K and Q6_K.</value>
    /// <remarks>Requests with <see cref="Numerics.Strict"/> stay exact, and every request that asks for <see cref="Arithmetic.Ggml"/> itself gets it.</remarks>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>Threads of the computation, as many as there are cores at most; 0 for as many as help.</summary>
    public int Threads { get; init; }

    /// <summary>Threads for evaluating several tokens at once, as in a prompt; 0 for as many as <see cref="Threads"/>.</summary>
    /// <remarks>This and the options below are llama.cpp's: they count for the backends <c>llama.cpp</c> and <c>llamasharp</c>.</remarks>
    public int BatchThreads { get; init; }

    /// <summary>Tokens that are evaluated at once, at least 4; 0 for 64 on the CPU and 512 on another device.</summary>
    /// <remarks>More of them take more memory and, on the CPU, gain little: 16 of them evaluate a prompt at 0.93 of the speed of 256.</remarks>
    public int MicroBatch { get; init; }

    /// <summary>The type of cached keys and values; with <see cref="Numerics.Strict"/> or <see cref="Exact"/> it is always F32.</summary>
    /// <value>The default is <see cref="CacheType.F16"/>.</value>
    public CacheType CacheType { get; init; } = CacheType.F16;

    /// <summary>Whether attention is computed in one pass that stores no scores; with <see cref="Numerics.Strict"/> or <see cref="Exact"/> it never is.</summary>
    /// <value>The default is <see cref="FlashAttention.Auto"/>: if the device supports it, except with <see cref="CacheType.F32"/>.</value>
    public FlashAttention FlashAttention { get; init; }

    /// <summary>Whether llama.cpp copies quantized weights into the order in which the CPU multiplies them fastest.</summary>
    /// <value>The default is true. Without, the copies' memory is saved (more than half of a Q4_K_M file's size), and prompts take 1.4 times as long.</value>
    public bool Repack { get; init; } = true;

    /// <summary>Layers to offload to the device; -1 for all.</summary>
    public int GpuLayers { get; init; } = -1;

    /// <summary>How a model is divided among several devices.</summary>
    /// <value>The default is <see cref="SplitMode.Layer"/>.</value>
    public SplitMode SplitMode { get; init; }

    /// <summary>Each device's share of the model, as relative numbers such as 3 and 1; empty to share by free memory.</summary>
    public IReadOnlyList<float> TensorSplit { get; init; } = [];

    /// <summary>The device that holds what is not divided, from 0: with <see cref="SplitMode.None"/>, the whole model.</summary>
    public int MainDevice { get; init; }

    /// <summary>Whose tokenizer rules apply where the model's makers and llama.cpp differ.</summary>
    /// <value>The default is <see cref="TokenizerRule.Trained"/>: every backend is fed the ids that the model was trained on.</value>
    public TokenizerRule Tokenizer { get; init; }

    /// <summary>The chat template to use in place of the file's own: the path of a Jinja file, or the family that the
    /// model was trained as: <c>alpaca</c>, <c>chatml</c>, <c>gemma</c>, <c>llama2</c>, <c>llama3</c>, <c>mistral</c>, <c>phi3</c>, <c>vicuna</c>,
    /// <c>zephyr</c>, or <c>plain</c>, which writes the messages' texts one after the other and nothing else. Null or empty for the file's own.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Low-rank adapters (LoRA) that are added to the model's weights, all of them together.</summary>
    public IReadOnlyList<AdapterOptions> Adapters { get; init; } = [];

    /// <summary>Folder or file of the user's own llama.cpp library.</summary>
    public string? LibraryPath { get; init; }

    /// <summary>Where another engine runs the model: <c>https://host:port</c>, <c>unix:/path</c> of a socket, <c>pipe:NAME</c> on Windows, or
    /// <c>http://127.0.0.1:port</c>. Null for a model that this engine loads. The options above are then set in the other engine's configuration.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The model's name in the other engine's configuration; null for its default one.</summary>
    public string? RemoteModel { get; init; }

    /// <summary>The API key of the other engine; null if it needs none.</summary>
    public string? Key { get; init; }

    /// <summary>A file with the key, readable only by its owner, in place of <see cref="Key"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>A PEM file of the certificates to trust at <see cref="Endpoint"/>, a server's own or an authority's; null for the system's.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Allows <see cref="Endpoint"/> to be <c>http://</c> on another machine: key, prompts and answers travel unencrypted.</summary>
    public bool AllowUnencrypted { get; init; }

    /// <summary>Loads the vocabulary and no weights: the model splits text and refuses everything else.</summary>
    public bool VocabularyOnly { get; init; }
}
