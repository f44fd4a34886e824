using System.Globalization;

namespace Engine.Gguf;

/// <summary>How a file says its model is to be used, beyond its weights.</summary>
internal static class GgufUsage
{
    // The architectures for which llama.cpp creates no memory (llama_model::create_memory) and that give embeddings.
    private static readonly HashSet<string> Encoders =
        ["bert", "jina-bert-v2", "jina-bert-v3", "nomic-bert", "nomic-bert-moe", "neo-bert", "eurobert", "modern-bert", "gemma-embedding", "t5encoder"];

    /// <summary>Whether every token attends to all others, so that nothing is kept between two inputs.</summary>
    public static bool IsEncoder(string architecture) => Encoders.Contains(architecture);

    /// <summary>Whether an architecture has an encoder and a decoder.</summary>
    public static bool IsEncoderDecoder(string architecture) => architecture == "t5";

    /// <summary>The token that an encoder–decoder's target begins with: the one the file names, or 0, T5's padding token.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="vocabularySize">V.</param>
    /// <exception cref="ModelFileException">The file names one that is not in its vocabulary.</exception>
    public static int DecoderStartToken(GgufMetadata metadata, int vocabularySize)
    {
        string key = metadata.RequireString(GgufKeys.Architecture) + ".decoder_start_token_id";
        uint token = metadata.GetUInt32(key) ?? 0;
        return token < vocabularySize ? (int)token : throw metadata.Refuse(
            key, $"a token from 0 to {vocabularySize - 1}", token.ToString(CultureInfo.InvariantCulture), "Convert the model again.");
    }

    /// <summary>The number of tokens a request may contain.</summary>
    /// <param name="model">The model's name, for the error message.</param>
    /// <param name="trained">The number of positions it was trained for.</param>
    /// <param name="hasLearnedPositions">Whether positions are rows of a table, so that there are none beyond those.</param>
    /// <param name="asked">0 for the model's own, up to 4096.</param>
    /// <exception cref="ConfigurationException">The model has no positions for that many.</exception>
    public static int ContextLength(string model, int trained, bool hasLearnedPositions, int asked) => asked switch
    {
        0 => Math.Min(trained, 4096),
        _ when asked > trained && hasLearnedPositions => throw new ConfigurationException(
            $"Loading {model}: expected a context length of at most {trained}, because each position has learned weights, found {asked}. Lower the context length."),
        _ => asked,
    };

    /// <summary>The number of scores of the classifier: as many as the file has labels, or one.</summary>
    public static int ClassifierWidth(GgufMetadata metadata) =>
        Math.Max(1, ClassLabels(metadata).Count);

    /// <summary>The names of the classifier's classes; empty if the file does not name them.</summary>
    public static IReadOnlyList<string> ClassLabels(GgufMetadata metadata) =>
        [.. (IEnumerable<string>?)metadata.GetStrings(metadata.RequireString(GgufKeys.Architecture) + ".classifier.output_labels") ?? []];

    /// <summary>The pooling of rows according to the file; null if it does not say.</summary>
    public static Pooling? Pooling(GgufMetadata metadata) =>
        metadata.GetUInt32(metadata.RequireString(GgufKeys.Architecture) + ".pooling_type") switch
        {
            0 => Engine.Pooling.None,
            1 => Engine.Pooling.Mean,
            2 => Engine.Pooling.Cls,
            3 => Engine.Pooling.Last,
            4 => Engine.Pooling.Rank,
            _ => null,
        };
}
