namespace Engine.Gguf;

/// <summary>What a file says about its model: backends build the card from this, and the llama.cpp bindings check it
/// before llama.cpp loads the file.</summary>
internal sealed record ModelFacts
{
    // Diffusion, audio and draft models, which need calls that the bindings do not make.
    private static readonly HashSet<string> Others =
        ["dream", "llada", "llada-moe", "rnd1", "wavtokenizer-dec", "eagle3", "dflash", "clip"];

    /// <param name="file">The file, which must have passed the preflight.</param>
    /// <param name="vocabularyOnly">Whether the weights are left out.</param>
    public ModelFacts(GgufFile file, bool vocabularyOnly = false)
    {
        var metadata = file.Metadata;
        Architecture = metadata.RequireString(GgufKeys.Architecture);
        Name = metadata.GetString(GgufKeys.Name) ?? System.IO.Path.GetFileNameWithoutExtension(file.Path);
        Path = file.Path;
        FileType = GgufFileType.Of(file);
        HasWeights = file.Tensors.Count > 0 && !vocabularyOnly;
        HasVocabulary = metadata.GetString(GgufKeys.TokenizerModel) is not (null or "none" or "no_vocab");
        Parameters = file.Tensors.Sum(tensor => tensor.Elements);
        TensorBytes = file.Tensors.Sum(tensor => tensor.ByteLength);
        Layers = Number(file, "block_count");
        EmbeddingLength = Number(file, "embedding_length");
        TrainedContextLength = Number(file, "context_length");
        Heads = Most(file, "attention.head_count");
        KeyValueHeads = file.Metadata[$"{Architecture}.attention.head_count_kv"] is null ? Heads : Most(file, "attention.head_count_kv");
        Experts = Number(file, "expert_count");
        ExpertsPerToken = Number(file, "expert_used_count");
        HasLearnedPositions = file.FindTensor("position_embd.weight") is not null;
        HasClassifier = file.FindTensor("cls.output.weight") is not null || file.FindTensor("cls.weight") is not null;
        IsEncoder = GgufUsage.IsEncoder(Architecture);
        DecoderStartToken = HasWeights && GgufUsage.IsEncoderDecoder(Architecture) ? GgufUsage.DecoderStartToken(metadata, Vocabulary(file)) : null;
        Pooling = GgufUsage.Pooling(metadata);
        Activation = GgufActivation.Of(file);
        Classes = HasWeights && HasClassifier && IsEncoder ? GgufUsage.ClassifierWidth(metadata) : 0;
        ClassLabels = GgufUsage.ClassLabels(metadata);
        ChatTemplates = ReadChatTemplates(metadata);
        bool causal = metadata.GetBool($"{Architecture}.attention.causal") ?? true;
        Capabilities =
            !HasWeights || Others.Contains(Architecture) ? ModelCapabilities.None
            : HasSource ? ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed | ModelCapabilities.Source
            : IsEncoder || !causal ? ModelCapabilities.Embed | Segments(file)
            : ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed;
    }

    public string Architecture { get; }
    public string Name { get; }
    public string Path { get; }
    public string FileType { get; }
    public bool HasWeights { get; }
    public bool HasVocabulary { get; }
    public long Parameters { get; }
    public long TensorBytes { get; }
    public int Layers { get; }
    public int EmbeddingLength { get; }
    public int TrainedContextLength { get; }
    public int Heads { get; }
    public int KeyValueHeads { get; }
    public int Experts { get; }
    public int ExpertsPerToken { get; }

    /// <summary>Whether positions are rows of a table. A position beyond its end would abort the process.</summary>
    public bool HasLearnedPositions { get; }

    /// <summary>Whether there is a head for <see cref="Pooling.Rank"/>.</summary>
    public bool HasClassifier { get; }

    /// <summary>Whether every token attends to all others, so that an input must be evaluated in one piece.</summary>
    public bool IsEncoder { get; }

    /// <summary>The token with which an encoder–decoder's target begins.</summary>
    public int? DecoderStartToken { get; }

    /// <summary>Whether it is an encoder–decoder.</summary>
    public bool HasSource => DecoderStartToken is not null;

    /// <summary>Whether its inputs must go through <c>llama_encode</c>. In <c>llama_decode</c>, llama.cpp masks the encoder of a T5 as if it were
    /// causal, because its files do not say that it is not.</summary>
    public bool Encodes => HasSource || (HasWeights && Architecture == "t5encoder");

    /// <summary>Whether its inputs must be encoded in one piece.</summary>
    public bool IsWhole => HasSource || !Capabilities.HasFlag(ModelCapabilities.Score);

    /// <summary>The pooling that the file asks for.</summary>
    public Pooling? Pooling { get; }

    /// <summary>The activation of the feed-forward layers.</summary>
    public string? Activation { get; }

    /// <summary>The number of classifier scores; 0 without a classifier.</summary>
    public int Classes { get; }

    /// <summary>The names of the classes, if they have any.</summary>
    public IReadOnlyList<string> ClassLabels { get; }

    /// <summary>The chat templates, Jinja texts by name.</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; }

    /// <summary>What llama.cpp can do with it.</summary>
    public ModelCapabilities Capabilities { get; }

    /// <summary>The card, without the facts that the backend's tokenizer adds.</summary>
    /// <param name="backend">Name of the backend.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="vocabularySize">V, as the backend counts it.</param>
    /// <param name="contextLength">The number of tokens a request may contain.</param>
    public ModelCard ToCard(string backend, string device, int vocabularySize, int contextLength) => new()
    {
        Name = Name,
        Path = Path,
        Architecture = Architecture,
        Backend = backend,
        Device = device,
        FileType = FileType,
        Parameters = Parameters,
        TensorBytes = TensorBytes,
        VocabularySize = vocabularySize,
        EmbeddingLength = EmbeddingLength,
        Layers = Layers,
        Heads = Heads,
        KeyValueHeads = KeyValueHeads,
        Experts = Experts,
        ExpertsPerToken = ExpertsPerToken,
        ContextLength = contextLength,
        TrainedContextLength = TrainedContextLength,
        Capabilities = Capabilities,
        DecoderStartToken = DecoderStartToken,
        Pooling = Pooling,
        Activation = Activation,
        Classes = Classes,
        ClassLabels = ClassLabels,
        ChatTemplates = ChatTemplates,
    };

    /// <summary>The number of tokens a request may contain.</summary>
    /// <param name="asked">0 for the model's own, up to 4096.</param>
    /// <exception cref="ConfigurationException">The model has no positions for that many.</exception>
    public int ContextLength(int asked) => GgufUsage.ContextLength(Name, Math.Max(1, TrainedContextLength), HasLearnedPositions, asked);

    // llama.cpp treats every token as one of segment 0, which is right if the file has no other segment.
    private static ModelCapabilities Segments(GgufFile file) =>
        file.FindTensor("token_types.weight") is { } table && table.Shape.ElementAtOrDefault(1) > 1 ? ModelCapabilities.None : ModelCapabilities.Segments;

    // A file without tokens accepts only ids; its embedding table says how many there are.
    private static int Vocabulary(GgufFile file) => file.Metadata.GetStrings(GgufKeys.Tokens)?.Count
        ?? (Number(file, "vocab_size") is > 0 and { } size ? size : (int)Math.Min(int.MaxValue, file.FindTensor("token_embd.weight")?.Shape.ElementAtOrDefault(1) ?? 0));

    // A template that is not text counts as absent, because it may never be needed.
    private static Dictionary<string, string> ReadChatTemplates(GgufMetadata metadata)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string key in metadata.Keys.OrderBy(key => key.Length)) // the key without a name is the shortest
        {
            string? name = key == GgufKeys.ChatTemplate ? ModelCard.DefaultChatTemplate
                : key.StartsWith(GgufKeys.ChatTemplate + ".", StringComparison.Ordinal) ? key[(GgufKeys.ChatTemplate.Length + 1)..] : null;
            if (name is not null && metadata[key]?.Value is string source)
            {
                templates.TryAdd(name, source);
            }
        }
        return templates;
    }

    private static int Number(GgufFile file, string key) =>
        file.Metadata[$"{file.Metadata.RequireString(GgufKeys.Architecture)}.{key}"]?.Value is uint value and <= int.MaxValue ? (int)value : 0;

    // One number for all layers, or one for each, since the layers of a hybrid may have fewer or none.
    private static int Most(GgufFile file, string key) => file.Metadata[$"{file.Metadata.RequireString(GgufKeys.Architecture)}.{key}"] switch
    {
        { ElementType: GgufValueType.UInt32 } value => (int)Math.Min(int.MaxValue, value.ArrayOf<uint>()!.DefaultIfEmpty().Max()),
        { ElementType: GgufValueType.Int32 } value => Math.Max(0, value.ArrayOf<int>()!.DefaultIfEmpty().Max()),
        _ => Number(file, key),
    };
}
