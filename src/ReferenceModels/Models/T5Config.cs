using Engine;
using Engine.Gguf;

namespace ReferenceModels.Models;

/// <summary>The sizes of a T5, or of its encoder alone. Keys and defaults are those that llama.cpp reads.</summary>
/// <param name="V">Vocabulary size.</param>
/// <param name="d">embedding_length.</param>
/// <param name="f">feed_forward_length.</param>
/// <param name="N">block_count, layers of the encoder.</param>
/// <param name="M">decoder_block_count; N where absent. An encoder alone does not use it.</param>
/// <param name="H">attention.head_count.</param>
/// <param name="d_k">attention.key_length; d / H where absent.</param>
/// <param name="Buckets">attention.relative_buckets_count.</param>
/// <param name="TrainedContext">context_length.</param>
/// <param name="Epsilon">attention.layer_norm_rms_epsilon.</param>
internal sealed record T5Config(int V, int d, int f, int N, int M, int H, int d_k, int Buckets, int TrainedContext, float Epsilon)
{
    // The bucket formula divides by log(128 / (buckets / 2)), and its bidirectional form halves the buckets again.
    private const int MinBuckets = 4, MaxBuckets = 255;

    public static T5Config Read(GgufMetadata metadata, int vocabulary)
    {
        string architecture = metadata.RequireString(GgufKeys.Architecture);
        var c = new ConfigReader(metadata, architecture);
        (int d, int N) = (c.Positive("embedding_length"), c.Positive("block_count"));
        int H = c.PerLayer("attention.head_count", N);
        int d_k = c.Positive("attention.key_length", d / H), buckets = c.Positive("attention.relative_buckets_count");
        Agree("attention.value_length", c.Positive("attention.value_length", d / H), d_k, "the size of a head's key");
        Agree("attention.head_count_kv", c.PerLayer("attention.head_count_kv", N, H), H, "one key/value head for each query head");
        Agree("attention.relative_buckets_count", buckets, Math.Clamp(buckets, MinBuckets, MaxBuckets), "the nearest number that the bucket formula allows");
        return new T5Config(
            vocabulary, d, c.PerLayer("feed_forward_length", N), N, c.Positive("decoder_block_count", N), H, d_k, buckets,
            c.Positive("context_length"), c.Float("attention.layer_norm_rms_epsilon"));

        void Agree(string key, int found, int expected, string reason)
        {
            if (found != expected)
            {
                throw new ModelFileException($"Reading metadata '{architecture}.{key}': expected {expected}, {reason}, found {found}. Convert the model again.");
            }
        }
    }
}
