namespace Engine;

/// <summary>What a loaded model is.</summary>
public sealed record ModelCard
{
    /// <summary>The name the file gives itself (<c>general.name</c>), or its file name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it was loaded from.</summary>
    public required string Path { get; init; }

    /// <summary>GGUF architecture: <c>llama</c>, <c>gpt2</c>, …</summary>
    public required string Architecture { get; init; }

    /// <summary>Name of the backend that runs it.</summary>
    public required string Backend { get; init; }

    /// <summary>The device it runs on, such as <c>cpu</c>, <c>CUDA0</c> or <c>Vulkan0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>The dominant tensor type, such as <c>F32</c> or <c>Q4_K_M</c>.</summary>
    public required string FileType { get; init; }

    /// <summary>Number of weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>Bytes of all tensors.</summary>
    public required long TensorBytes { get; init; }

    /// <summary>V.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>d, the width of the residual stream.</summary>
    public required int EmbeddingLength { get; init; }

    /// <summary>Number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads of a layer, of the one that has the most; 0 if it is not known.</summary>
    public int Heads { get; init; }

    /// <summary>Heads of keys and values, as <see cref="Heads"/>: fewer where heads share them.</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>Experts of a layer, of which a router chooses some for each token; 0 if there are none.</summary>
    public int Experts { get; init; }

    /// <summary>Experts that a router chooses for a token; 0 if there are none.</summary>
    public int ExpertsPerToken { get; init; }

    /// <summary>Tokens a request may hold here, prompt and answer together.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Tokens the model was trained for.</summary>
    public required int TrainedContextLength { get; init; }

    /// <summary>What the model can do.</summary>
    public required ModelCapabilities Capabilities { get; init; }

    /// <summary>The token with which an encoder–decoder's target begins; null for other architectures.</summary>
    public int? DecoderStartToken { get; init; }

    /// <summary>How the model's embeddings are meant to be pooled (<c>pooling_type</c>); null if the file does not say.</summary>
    public Pooling? Pooling { get; init; }

    /// <summary>How the file wants tokens to be chosen if a request does not say (<c>general.sampling.*</c>); null values if it does not say either.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Ids that are never drawn, in ascending order (<c>tokenizer.ggml.suppress_tokens</c>).</summary>
    public IReadOnlyList<int> SuppressedTokens { get; init; } = [];

    /// <summary>The activation of the feed-forward layers: <c>silu</c>, <c>gelu</c> or <c>relu</c>; null if it is not known.</summary>
    public string? Activation { get; init; }

    /// <summary>Whether tokens stand for text; without a vocabulary, ids alone go in and out.</summary>
    public bool HasVocabulary { get; init; } = true;

    /// <summary>Whether the backend can split text into tokens; if not, requests must carry ids.</summary>
    public bool SplitsText { get; init; } = true;

    /// <summary>The vocabulary's special tokens.</summary>
    public SpecialTokenIds SpecialTokens { get; init; } = new();

    /// <summary>Scores of the classifier head, which <see cref="Engine.Pooling.Rank"/> gives; 0 if the model has none.</summary>
    public int Classes { get; init; }

    /// <summary>The names of the classes in the order of their scores; empty if the file does not name them.</summary>
    public IReadOnlyList<string> ClassLabels { get; init; } = [];

    /// <summary>The key in <see cref="ChatTemplates"/> of the template to use unless another is named.</summary>
    public const string DefaultChatTemplate = "default";

    /// <summary>The chat templates (Jinja) by name, such as <see cref="DefaultChatTemplate"/> or <c>tool_use</c>: the file's, with
    /// <see cref="ModelOptions.ChatTemplate"/> replacing the default one. Empty if there is none.</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; init; } = new Dictionary<string, string>();

    /// <summary>The low-rank adapters it was loaded with.</summary>
    public IReadOnlyList<AdapterCard> Adapters { get; init; } = [];
}

/// <summary>A low-rank adapter of a loaded model.</summary>
/// <param name="Path">Where it was loaded from.</param>
/// <param name="Scale">The factor of its contribution.</param>
/// <param name="FileType">The coarsest type of its factors, such as <c>F32</c> or <c>Q8_0</c>.</param>
public sealed record AdapterCard(string Path, float Scale, string FileType)
{
    /// <summary>The size of its contribution relative to the weights it changes, as a ratio of Frobenius norms, scale included. Null if weights
    /// or factors are quantized.</summary>
    public double? Share { get; init; }
}

/// <summary>What a model can be asked.</summary>
[Flags]
public enum ModelCapabilities
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><see cref="IModel.ScoreAsync"/>.</summary>
    Score = 1,

    /// <summary><see cref="IModel.GenerateAsync"/>.</summary>
    Generate = 2,

    /// <summary><see cref="IModel.EmbedAsync"/>.</summary>
    Embed = 4,

    /// <summary>Requests carry a source: an encoder–decoder.</summary>
    Source = 8,

    /// <summary>Embeds sentence pairs: tokens of segment 1 beside those of segment 0, if the model was trained to distinguish them.</summary>
    Segments = 16,

    /// <summary><see cref="ScoreRequest.Replay"/> and <see cref="EmbedRequest.Replay"/>.</summary>
    Replay = 32,
}
