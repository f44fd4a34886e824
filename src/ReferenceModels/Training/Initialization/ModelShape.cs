using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Engine;
using Engine.Chat;

namespace ReferenceModels.Training.Initialization;

/// <summary>The sizes of a model that starts from random weights. In a JSON file the names are the same in snake case:
/// <c>{"architecture": "llama", "embedding_length": 128, "block_count": 4, "head_count": 4, "feed_forward_length": 352, "context_length": 256}</c>.</summary>
public sealed record ModelShape
{
    private const string Kept = "Read keeps all of the record's members, and they are numbers, strings and booleans.";

    private static readonly JsonSerializerOptions Form = NewForm();

    private static readonly JsonDocumentOptions Comments = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };

    /// <summary>One of <see cref="InitialModel.Architectures"/>, such as <c>llama</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The model's name in its file; the architecture if none is given.</summary>
    public string? Name { get; init; }

    /// <summary>d, the width of the residual stream.</summary>
    public required int EmbeddingLength { get; init; }

    /// <summary>N, layers; for an encoder–decoder, those of the encoder.</summary>
    public required int BlockCount { get; init; }

    /// <summary>M, layers of an encoder–decoder's decoder; N where absent.</summary>
    public int? DecoderBlockCount { get; init; }

    /// <summary>H, query heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>G, key/value heads of a LLaMA or a descendant; H where absent.</summary>
    public int? HeadCountKv { get; init; }

    /// <summary>d_k, width of a head of a LLaMA or of a descendant that allows this; d / H where absent.</summary>
    public int? KeyLength { get; init; }

    /// <summary>f, width of the feed-forward.</summary>
    public required int FeedForwardLength { get; init; }

    /// <summary>Positions that the model is made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Base of the rotary frequencies of a LLaMA or a descendant.</summary>
    public float RopeFreqBase { get; init; } = 10_000;

    /// <summary>Experts of a Mixtral (a <c>llama</c> with experts) or a Qwen3-MoE, each with a feed-forward of f; none if absent.</summary>
    public int? ExpertCount { get; init; }

    /// <summary>How many of the experts a token goes to.</summary>
    public int ExpertUsedCount { get; init; } = 2;

    /// <summary>Positions that a query of a Gemma's local layers sees, up to and including its own.</summary>
    public int SlidingWindow { get; init; } = 1024;

    /// <summary>ε of the norms; where absent 1e-5, in BERT 1e-12, in T5 1e-6.</summary>
    public float? LayerNormEpsilon { get; init; }

    /// <summary>Whether the output matrix is the token embedding; where absent, as in the paper: not in LLaMA, Qwen, Phi and T5.</summary>
    public bool? TiedEmbeddings { get; init; }

    /// <summary>Buckets of T5's relative positions.</summary>
    public int RelativeBucketsCount { get; init; } = 32;

    /// <summary>Whether T5's feed-forward is a gated GELU (T5 1.1) instead of a ReLU.</summary>
    public bool GatedFeedForward { get; init; }

    /// <summary>How BERT reduces rows to one to embed a text: <c>mean</c> or <c>cls</c>.</summary>
    public string Pooling { get; init; } = "mean";

    /// <summary>The chat template (Jinja) of its file; none if absent. Conversations are rendered by it in training.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Reads a shape from a JSON file.</summary>
    /// <exception cref="InvalidRequestException">The file cannot be read, or its numbers are not those of a valid model.</exception>
    // By reflection: the compiler-generated JSON code loses the defaults of init-only properties.
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicConstructors, typeof(ModelShape))]
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Kept)]
    public static ModelShape Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), Comments);
            CheckFields(path, document.RootElement);
            ModelShape shape = document.Deserialize<ModelShape>(Form)!;
            shape.Check(path);
            return shape;
        }
        catch (JsonException e)
        {
            throw new InvalidRequestException($"Reading the model shape '{path}': expected a JSON object, found {JsonFault.Describe(e)}. Correct the file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string found = FileFault.Describe(path, "one that cannot be read");
            throw new InvalidRequestException($"Reading the model shape '{path}': expected a JSON file, found {found}. Check the path.");
        }
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Kept)]
    private static JsonSerializerOptions NewForm() => new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Kept)]
    private static void CheckFields(string path, JsonElement shape)
    {
        string doing = $"Reading the model shape '{path}':";
        if (shape.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException($"{doing} expected a JSON object with the sizes of the model, found something else. Correct the file.");
        }
        IList<JsonPropertyInfo> fields = Form.GetTypeInfo(typeof(ModelShape)).Properties;
        foreach (JsonProperty property in shape.EnumerateObject())
        {
            JsonPropertyInfo field = fields.FirstOrDefault(field => field.Name == property.Name) ?? throw new InvalidRequestException(
                $"{doing} '{property.Name}' is not one of its fields.{Spelling.Proposal(property.Name, fields.Select(field => field.Name))} Correct the file.");
            try
            {
                property.Value.Deserialize(field.PropertyType, Form);
            }
            catch (JsonException)
            {
                throw new InvalidRequestException($"{doing} expected {field.Name} to be {Kind(field.PropertyType)}, found {property.Value.GetRawText()}. Correct the file.");
            }
        }
        if (fields.FirstOrDefault(field => field.IsRequired && !shape.TryGetProperty(field.Name, out _)) is { } missing)
        {
            throw new InvalidRequestException($"{doing} expected a field {missing.Name}, found none. Add it.");
        }
    }

    private static string Kind(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(int) ? "a whole number" : type == typeof(float) ? "a number" : type == typeof(bool) ? "true or false" : "a string";
    }

    /// <summary>Refuses sizes that are not those of a valid model, and an invalid chat template.</summary>
    internal void Check(string path)
    {
        Expect(InitialModel.Architectures.Contains(Architecture), "architecture", $"one of {string.Join(", ", InitialModel.Architectures)}", Architecture);
        Positive("embedding_length", EmbeddingLength);
        Positive("block_count", BlockCount);
        Positive("decoder_block_count", DecoderBlockCount ?? 1);
        Positive("head_count", HeadCount);
        Positive("head_count_kv", HeadCountKv ?? 1);
        Positive("feed_forward_length", FeedForwardLength);
        Positive("context_length", ContextLength);
        Positive("sliding_window", SlidingWindow);
        Expect(ExpertCount is null || InitialModel.MayHaveExperts(Architecture), "expert_count", $"none, because {Architecture} has no experts", ExpertCount);
        Expect(ExpertCount is not null || Architecture != "qwen3moe", "expert_count", "the number of experts", "none");
        Expect(ExpertCount is null or (> 0 and <= 1024), "expert_count", "1 to 1024 experts", ExpertCount);
        Expect(ExpertCount is null || (ExpertUsedCount > 0 && ExpertUsedCount <= ExpertCount), "expert_used_count", $"1 to the {ExpertCount} of expert_count", ExpertUsedCount);
        Positive("key_length", KeyLength ?? 1);
        Expect(Architecture != "gemma2" || TiedEmbeddings != false, "tied_embeddings", "true, because a Gemma 2 has no output matrix", "false");
        Expect(KeyLength is null || InitialModel.HasOwnKeyLength(Architecture), "key_length", $"none, because {Architecture} divides embedding_length among its heads", KeyLength);
        Expect(KeyLength is not null || EmbeddingLength % HeadCount == 0, "head_count", $"a divisor of embedding_length {EmbeddingLength}", HeadCount);
        Expect((KeyLength ?? 0) % 2 == 0, "key_length", "an even number, because heads rotate pairs", KeyLength);
        Expect(HeadCount % (HeadCountKv ?? HeadCount) == 0, "head_count_kv", $"a divisor of head_count {HeadCount}", HeadCountKv);
        Expect(HeadCountKv is null || HeadCountKv == HeadCount || InitialModel.IsRotary(Architecture), "head_count_kv", $"none, because {Architecture} has as many as query heads", HeadCountKv);
        Expect(!InitialModel.IsRotary(Architecture) || KeyLength is not null || EmbeddingLength / HeadCount % 2 == 0, "embedding_length", $"an even number for each of {HeadCount} heads, which rotate pairs", EmbeddingLength);
        Expect(Architecture != "t5" || (DecoderBlockCount ?? 1) <= BlockCount, "decoder_block_count", $"at most the {BlockCount} of block_count, because llama.cpp runs no other T5", DecoderBlockCount);
        Expect(RelativeBucketsCount is >= 4 and <= 255, "relative_buckets_count", "4 to 255", RelativeBucketsCount);
        Expect(RopeFreqBase > 1 && float.IsFinite(RopeFreqBase), "rope_freq_base", "a number above 1", RopeFreqBase);
        Expect(LayerNormEpsilon is null or (> 0 and < 1), "layer_norm_epsilon", "a number between 0 and 1", LayerNormEpsilon);
        Expect(Pooling is "mean" or "cls", "pooling", "mean or cls", Pooling);
        CheckTemplate(path);

        void Positive(string name, int found) => Expect(found is > 0 and <= 1 << 24, name, $"a number from 1 to {1 << 24}", found);

        void Expect(bool holds, string name, string expected, object? found)
        {
            if (!holds)
            {
                throw new InvalidRequestException(FormattableString.Invariant($"Reading the model shape '{path}': expected {name} to be {expected}, found {found}. Correct the number."));
            }
        }
    }

    private void CheckTemplate(string path)
    {
        try
        {
            _ = ChatTemplate is null ? null : new ChatTemplate(ChatTemplate);
        }
        catch (ChatTemplateException e)
        {
            throw new InvalidRequestException(
                $"Reading the model shape '{path}': expected chat_template to be well-formed Jinja, found in its line {e.Line}: {(e.InnerException ?? e).Message.TrimEnd('.')}. Correct the text.");
        }
    }
}
