using Engine;
using Engine.Gguf;
using ReferenceModels.Training.Vocabularies;

namespace ReferenceModels.Training.Initialization;

/// <summary>
/// Untrained models. Weights are drawn as in the papers or their authors' code:
/// <list type="bullet">
/// <item>GPT-2 (Radford et al. 2019, section 2.3, and its code): N(0, 0.02²), with the two projections of a layer that go into the residual
/// stream divided by √(2·N); biases 0, gains 1. The papers of LLaMA and its descendants do not specify it; they get the same.</item>
/// <item>BERT (modeling.py of its authors): N(0, 0.02²) truncated at 2σ; biases 0, gains 1.</item>
/// <item>T5 (mesh-tensorflow, section 2.1 of https://arxiv.org/abs/1910.10683): σ of the token embedding 1, of queries (d·d_k)^−½, of keys,
/// values and the up-projection d^−½, of attention's output (H·d_k)^−½, of the down-projection f^−½, of the position table and the output
/// matrix d^−½; with a tied output, which here is not scaled down, the embedding's is also d^−½; gains 1.</item>
/// <item>Transformer (tensor2tensor): Glorot's uniform distribution; the embedding, which is scaled by √d, N(0, 1/d); biases 0, gains 1.</item>
/// </list>
/// </summary>
public static class InitialModel
{
    private static readonly Dictionary<string, Action<GgufWriter, RandomTensors, ModelShape, int>> Known = new(StringComparer.Ordinal)
    {
        ["bert"] = BertShape.Add,
        ["gemma2"] = new RotaryShape { IsGemma = true }.Add,
        ["gemma3"] = new RotaryShape { IsGemma = true, NormsHeads = true }.Add,
        ["gpt2"] = Gpt2Shape.Add,
        ["llama"] = new RotaryShape().Add,
        ["phi3"] = new RotaryShape { IsFused = true }.Add,
        ["qwen2"] = new RotaryShape { Biases = true }.Add,
        ["qwen3"] = new RotaryShape { NormsHeads = true }.Add,
        ["qwen3moe"] = new RotaryShape { NormsHeads = true }.Add,
        ["t5"] = T5Shape.Add,
        ["transformer"] = TransformerShape.Add,
    };

    /// <summary>Whether query heads of the architecture may share keys and values, and are rotated in pairs.</summary>
    internal static bool IsRotary(string architecture) => HasOwnKeyLength(architecture) || architecture is "phi3" or "qwen2";

    /// <summary>Whether heads of the architecture may have any even size.</summary>
    internal static bool HasOwnKeyLength(string architecture) => architecture is "gemma2" or "gemma3" or "llama" or "qwen3" or "qwen3moe";

    /// <summary>Whether the architecture's feed-forward may be a mixture of experts.</summary>
    internal static bool MayHaveExperts(string architecture) => architecture is "llama" or "qwen3moe";

    /// <summary>The architectures that can be created untrained.</summary>
    public static IReadOnlyCollection<string> Architectures => Known.Keys;

    /// <summary>Writes a model with the vocabulary of another file.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="vocabulary">The GGUF file whose vocabulary it gets.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <exception cref="EngineException">The sizes are not those of a valid model, or the file has no vocabulary.</exception>
    public static void Write(string path, ModelShape shape, string vocabulary, ulong seed)
    {
        using GgufFile file = GgufFile.Open(vocabulary);
        file.Metadata.RequireStrings(GgufKeys.Tokens);
        Write(path, shape, file.Metadata.Keys.Where(key => key.StartsWith("tokenizer.", StringComparison.Ordinal))
            .Select(key => KeyValuePair.Create(key, file.Metadata[key]!)), seed);
    }

    /// <summary>Writes a model with a vocabulary given by its metadata, keys <c>tokenizer.…</c>.</summary>
    internal static void Write(string path, ModelShape shape, IEnumerable<KeyValuePair<string, GgufValue>> vocabulary, ulong seed)
    {
        Dictionary<string, GgufValue> entries = new(vocabulary);
        Write(path, shape, seed, entries[GgufKeys.Tokens].Count, writer =>
        {
            foreach ((string key, GgufValue value) in entries)
            {
                writer.SetMetadata(key, value);
            }
        });
    }

    /// <summary>Writes a model with a vocabulary that was trained for it.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <exception cref="InvalidRequestException">The sizes are not those of a valid model.</exception>
    public static void Write(string path, ModelShape shape, TrainedVocabulary vocabulary, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        Write(path, shape, seed, vocabulary.Tokens.Count, vocabulary.AddTo);
    }

    /// <summary>The kind of vocabulary in an architecture's paper.</summary>
    public static VocabularyScheme SchemeOf(ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return shape.Architecture switch
        {
            "bert" => VocabularyScheme.WordPiece,
            "t5" or "transformer" => VocabularyScheme.Unigram,
            _ => VocabularyScheme.ByteLevelBpe,
        };
    }

    private static void Write(string path, ModelShape shape, ulong seed, int V, Action<GgufWriter> vocabulary)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Check(path);
        var writer = new GgufWriter();
        writer.SetMetadata(GgufKeys.Architecture, shape.Architecture);
        writer.SetMetadata(GgufKeys.Name, shape.Name ?? NameOf(shape.Architecture));
        writer.SetMetadata(GgufKeys.FileType, 0u);
        vocabulary(writer);
        if (shape.ChatTemplate is not null)
        {
            writer.SetMetadata(GgufKeys.ChatTemplate, shape.ChatTemplate);
        }
        Number(writer, shape, "context_length", shape.ContextLength);
        Number(writer, shape, "embedding_length", shape.EmbeddingLength);
        Number(writer, shape, "block_count", shape.BlockCount);
        Number(writer, shape, "feed_forward_length", shape.FeedForwardLength);
        Number(writer, shape, "attention.head_count", shape.HeadCount);
        Number(writer, shape, "vocab_size", V);
        Known[shape.Architecture](writer, new RandomTensors(writer, seed), shape, V);
        writer.Write(path);
    }

    // llama.cpp refuses a model with "phi3" or "phi-3" in its name unless its vocabulary has Phi-3's special tokens.
    private static string NameOf(string architecture) => architecture == "phi3" ? "phi" : architecture;

    /// <summary>Writes a number under the architecture's keys.</summary>
    internal static void Number(GgufWriter writer, ModelShape shape, string name, int value) =>
        writer.SetMetadata($"{shape.Architecture}.{name}", (uint)value);

    /// <summary>Writes ε.</summary>
    internal static void Epsilon(GgufWriter writer, ModelShape shape, string name, float absent) =>
        writer.SetMetadata($"{shape.Architecture}.attention.{name}", shape.LayerNormEpsilon ?? absent);
}
