using Engine;
using Engine.Gguf;
using ReferenceModels.Weights;

namespace ReferenceModels.Heads;

/// <summary>
/// The heads of a model that llama.cpp does not support: it refuses a file with tensors it does not know. They are stored in a
/// separate GGUF file, <c>NAME.heads.gguf</c> next to <c>NAME.gguf</c>, and run here on the rows of the tokens, whichever backend
/// computed those.
/// </summary>
/// <remarks>
/// Metadata: <c>general.architecture</c> = <c>heads</c>; <c>heads.embedding_length</c> (u32) = d of the model;
/// <c>heads.layer_norm_epsilon</c> (f32, 1e-12 where absent); <c>heads.classifier.pooling_type</c> (u32: 1 mean, 2 [CLS], 3 last;
/// 2 where absent); <c>heads.classifier.labels</c> (strings, optional).
/// Tensors, each <c>.weight</c> and <c>.bias</c>: <c>mask.dense</c>, <c>mask.norm</c>, <c>mask.decoder</c> (its weight only if it
/// is not the model's token_embd.weight); <c>pooler</c>; <c>next_sentence</c>; <c>classifier</c>.
/// </remarks>
internal sealed class HeadFile : IDisposable
{
    /// <summary><c>general.architecture</c>.</summary>
    public const string Architecture = GgufContent.Heads;

    private readonly List<GgufFile> _files = [];

    private HeadFile(string path, ModelCard model, bool trainable)
    {
        GgufFile file = GgufFile.Open(path);
        _files.Add(file);
        try
        {
            int d = model.EmbeddingLength;
            CheckModel(file.Metadata, model);
            Labels = [.. (IEnumerable<string>?)file.Metadata.GetStrings("heads.classifier.labels") ?? []];
            int classes = Labels.Count > 0 ? Labels.Count : Rows(file.FindTensor("classifier.weight"));
            var reader = new WeightReader(file, trainable);
            Pooler? pooler = reader.Has("pooler.weight") ? Pooler.Load(reader, d) : null;
            MaskedToken = MaskedTokenHead.Load(reader, d, model.VocabularySize, Epsilon(file.Metadata), () => TokenEmbedding(model));
            NextSentence = NextSentenceHead.Load(reader, d, pooler);
            Classification = ClassificationHead.Load(reader, d, classes, PoolingOf(file.Metadata), pooler);
            reader.RequireAllUsed(new Dictionary<string, string>());
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Which token belongs at a masked position; null if the file has no such head.</summary>
    public MaskedTokenHead? MaskedToken { get; }

    /// <summary>Whether a second sentence follows a first; null if the file has no such head.</summary>
    public NextSentenceHead? NextSentence { get; }

    /// <summary>Which class an input belongs to; null if the file has no such head.</summary>
    public ClassificationHead? Classification { get; }

    /// <summary>The names of the classes; empty if the file does not name them.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Opens the heads of a model.</summary>
    /// <param name="path">The file of heads.</param>
    /// <param name="model">The model, whose file is also needed for a head that shares its token embedding.</param>
    /// <param name="trainable">Whether to load trainable weights, except for those that belong to the model.</param>
    /// <exception cref="ModelFileException">The file does not hold heads, or they belong to another model.</exception>
    public static HeadFile Open(string path, ModelCard model, bool trainable = false) => new(path, model, trainable);

    /// <summary>Closes the mappings.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static int Rows(GgufTensor? matrix) => matrix is { Shape.Count: > 1 } ? (int)Math.Min(matrix.Shape[1], int.MaxValue) : 1;

    private static void CheckModel(GgufMetadata metadata, ModelCard model)
    {
        Expect(metadata, GgufKeys.Architecture, $"'{Architecture}'", metadata.RequireString(GgufKeys.Architecture), found => found == Architecture);
        Expect(metadata, "heads.embedding_length", $"{model.EmbeddingLength}, as in {model.Name}", metadata.RequireUInt32("heads.embedding_length"), found => found == model.EmbeddingLength);
    }

    private static Pooling PoolingOf(GgufMetadata metadata)
    {
        uint pooling = metadata.GetUInt32("heads.classifier.pooling_type") ?? (uint)Pooling.Cls;
        Expect(metadata, "heads.classifier.pooling_type", "1 (mean), 2 ([CLS]) or 3 (last)", pooling, found => found is 1 or 2 or 3);
        return (Pooling)pooling; // the same numbers as llama.cpp's pooling_type
    }

    private static float Epsilon(GgufMetadata metadata)
    {
        float epsilon = metadata.GetFloat32("heads.layer_norm_epsilon") ?? 1e-12f;
        Expect(metadata, "heads.layer_norm_epsilon", "a number of 0 or more", epsilon, found => found >= 0 && float.IsFinite(found));
        return epsilon;
    }

    private static void Expect<T>(GgufMetadata metadata, string key, string expected, T found, Func<T, bool> holds)
    {
        if (!holds(found))
        {
            throw metadata.Refuse(key, expected, $"'{found}'", "The heads belong to another model, or the file does not hold heads.");
        }
    }

    private Weight TokenEmbedding(ModelCard model)
    {
        GgufFile file = GgufFile.Open(model.Path);
        _files.Add(file);
        return new WeightReader(file).Matrix("token_embd.weight", model.VocabularySize, model.EmbeddingLength, "the model's vocabulary and embedding_length");
    }
}
