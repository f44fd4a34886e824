using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Engine.Gguf;

namespace Engine.LlamaCpp.Memory;

/// <summary>How much memory a model and one of its contexts take in llama.cpp, computed without it. It is an upper bound,
/// checked against what v0.5.0 logs (K/V to the byte; computation from 1.0 to 1.4 times its buffers).</summary>
/// <param name="Weights">Bytes of the tensors, mapped from the file.</param>
/// <param name="Repacked">Bytes of the copies that llama.cpp makes of quantized weights in another order, on the CPU.</param>
/// <param name="KeyValues">Bytes of the K/V cache.</param>
/// <param name="Computation">Bytes of activations, masks and rows of logits.</param>
internal sealed record ContextMemory(long Weights, long Repacked, long KeyValues, long Computation)
{
    /// <summary>The number of tokens evaluated at once on the CPU. A cancellation takes effect between two operations of a graph. Measured
    /// on one core with 1.24 billion weights in Q4_K_M, the longest takes 25 ms with 64 tokens and 102 ms with 256, for
    /// 85 and 88 tokens per second.</summary>
    public const int MicroBatch = 64;

    /// <summary>Tokens evaluated at once on a GPU.</summary>
    public const int DeviceMicroBatch = 512;

    private const long Fixed = 16L << 20; // graph, scheduler, threads
    private const long OutputBytes = 8L << 20;

    /// <summary>Bytes a context takes beside the weights.</summary>
    public long Context => KeyValues + Computation;

    /// <summary>Bytes in all.</summary>
    public long Total => Weights + Repacked + Context;

    /// <summary>The number of rows of logits that a context gives at once: few, so that they stay small compared with the model and their single
    /// product does not delay a cancellation.</summary>
    public static int OutputRows(int vocabulary) => (int)Math.Clamp(OutputBytes / (sizeof(float) * (long)Math.Max(1, vocabulary)), 1, MicroBatch);

    /// <summary>The need of the context of one request that generates or, with a model that does nothing else, embeds.</summary>
    /// <param name="file">The model.</param>
    /// <param name="contextLength">Tokens.</param>
    /// <param name="numerics">Strict keeps K and V in F32, and attention scores that flash attention never stores.</param>
    public static ContextMemory Estimate(GgufFile file, int contextLength, Numerics numerics)
    {
        string a = file.Metadata.RequireString(GgufKeys.Architecture);
        int batch = GgufUsage.IsEncoderDecoder(a) || GgufUsage.IsEncoder(a) ? contextLength : MicroBatch;
        return Estimate(file, new ContextShape(contextLength, batch, OutputRows(VocabularyOf(file.Metadata)), numerics));
    }

    /// <summary>The need of a context.</summary>
    /// <param name="file">The model.</param>
    /// <param name="shape">Of the context. Without flash attention there are scores, which it never stores.</param>
    /// <param name="repacks">Whether llama.cpp copies quantized weights.</param>
    public static ContextMemory Estimate(GgufFile file, ContextShape shape, bool repacks = true)
    {
        var metadata = file.Metadata;
        string a = metadata.RequireString(GgufKeys.Architecture);
        // In double, so that a hostile file's claims give a large number instead of an overflow.
        double d = Number(metadata, a, "embedding_length", 0);
        double[] heads = PerLayer(metadata, a, "attention.head_count", 1);
        double[] groups = PerLayer(metadata, a, "attention.head_count_kv", heads.Max());
        (double kSize, double vSize) = HeadSizes(file);
        double feedForward = PerLayer(metadata, a, "feed_forward_length", 4 * d).Max();
        double vocabulary = VocabularyOf(metadata, a);
        double positions = shape.Cells;
        double elementBytes = shape.Cache switch { CacheType.F32 => sizeof(float), CacheType.Q8_0 => 34.0 / 32, _ => sizeof(short) };
        bool storesScores = shape.Flash == FlashAttention.Off;
        bool encodes = GgufUsage.IsEncoderDecoder(a), encodesOnly = GgufUsage.IsEncoder(a);
        double keyValues = encodesOnly ? 0 : groups.Sum() * (kSize + vSize) * positions * elementBytes;
        // A recurrent layer keeps for each sequence, in F32, the state and the inputs under the kernel.
        double inner = Number(metadata, a, "ssm.inner_size", 0), state = Number(metadata, a, "ssm.state_size", 0);
        double window = Math.Max(0, Number(metadata, a, "ssm.conv_kernel", 0) - 1) * (inner + 2 * Number(metadata, a, "ssm.group_count", 0) * state);
        double states = Number(metadata, a, "block_count", 0) * (inner * state + window) * shape.Sequences * sizeof(float);
        int microBatch = shape.MicroBatch;
        double logits = (encodes ? microBatch : shape.Outputs) * (encodes ? vocabulary + d : vocabulary) * sizeof(float);
        double width = shape.IsUnified ? positions : positions / shape.Sequences; // how many positions a token is compared with
        double scores = (encodes || a == "t5encoder" ? RelativeScores() : storesScores ? width * heads.Max() : 0) * microBatch * sizeof(float);
        double mask = width * microBatch * (sizeof(float) + sizeof(short));
        double activations = sizeof(float) * microBatch * (8 * d + 3 * feedForward + 4 * heads.Max() * kSize);
        double source = encodes ? sizeof(float) * SourcePositions() * (2 * d + 3 * heads.Max() * kSize) : 0;
        return new ContextMemory(
            file.Tensors.Sum(tensor => tensor.ByteLength),
            repacks ? file.Tensors.Where(IsRepacked).Sum(tensor => tensor.ByteLength) : 0,
            Bytes(keyValues + states),
            Bytes(logits + Math.Max(logits, scores) + mask + activations + source + Fixed));

        // T5's attention has a bias, which flash attention does not support. This counts the scores, the bias, the table it is gathered from and its
        // buckets or, for attention to the source, scores and a mask. With 3000 tokens, 484 MiB were measured and this gives 570.
        double RelativeScores() => Math.Max(positions * (3 * heads.Max() + 2), SourcePositions() * (2 * heads.Max() + 1));

        // llama.cpp makes room for a source of the trained length, however short the context is.
        double SourcePositions() => Math.Max(shape.Length, Number(metadata, a, "context_length", 0));
    }

    /// <summary>How wide a head's keys and its values are.</summary>
    public static (double Keys, double Values) HeadSizes(GgufFile file)
    {
        string a = file.Metadata.RequireString(GgufKeys.Architecture);
        double even = Number(file.Metadata, a, "embedding_length", 0) / Math.Max(1, PerLayer(file.Metadata, a, "attention.head_count", 1).Max());
        return (Number(file.Metadata, a, "attention.key_length", even), Number(file.Metadata, a, "attention.value_length", even));
    }

    /// <summary>V, as the file says it; 0 if it does not.</summary>
    public static int VocabularyOf(GgufMetadata metadata) => (int)VocabularyOf(metadata, metadata.RequireString(GgufKeys.Architecture));

    private static double VocabularyOf(GgufMetadata metadata, string architecture) =>
        metadata.GetStrings(GgufKeys.Tokens)?.Count ?? Number(metadata, architecture, "vocab_size", 0);

    private static double Number(GgufMetadata metadata, string architecture, string key, double otherwise) =>
        metadata[$"{architecture}.{key}"]?.Value is uint value ? value : otherwise;

    // One number for all layers, or one for each.
    private static double[] PerLayer(GgufMetadata metadata, string architecture, string key, double otherwise) => metadata[$"{architecture}.{key}"] switch
    {
        { Count: > 0, ElementType: GgufValueType.UInt32 } value => [.. value.ArrayOf<uint>()!.Select(number => (double)number)],
        { Count: > 0, ElementType: GgufValueType.Int32 } value => [.. value.ArrayOf<int>()!.Select(number => (double)number)],
        { Value: uint number } => [.. Enumerable.Repeat((double)number, Count(Number(metadata, architecture, "block_count", 0)))],
        _ => [.. Enumerable.Repeat(otherwise, Count(Number(metadata, architecture, "block_count", 0)))],
    };

    private static long Bytes(double bytes) => (long)Math.Min(bytes, 1e18);

    private static int Count(double layers) => (int)Math.Clamp(layers, 1, GgufLimits.Tensors);

    // ggml's CPU_REPACK (repack.cpp): which types it takes depends on the processor. Rows of the embedding are looked up, not multiplied.
    private static bool IsRepacked(GgufTensor tensor) =>
        tensor.Shape.Count >= 2 && !tensor.Name.StartsWith("token_embd", StringComparison.Ordinal) && tensor.Type switch
        {
            GgmlType.Q4_0 or GgmlType.Q4_K or GgmlType.IQ4_NL or GgmlType.MXFP4 => true,
            GgmlType.Q2_K => Avx512F.IsSupported,
            GgmlType.Q5_K or GgmlType.Q6_K or GgmlType.Q8_0 => AdvSimd.IsSupported,
            _ => false,
        };
}
