using System.Runtime.InteropServices;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Benchmarks;

/// <summary>A file of random weights and a made-up vocabulary, of Llama-3.2-1B's shape or smaller ones: the speed is that of the real
/// model, and nothing has to be downloaded.</summary>
/// <param name="Name">What it is.</param>
/// <param name="V">Tokens.</param>
/// <param name="Width">d.</param>
/// <param name="FeedForward">f.</param>
/// <param name="N">Layers.</param>
/// <param name="H">Heads.</param>
/// <param name="G">Heads with keys and values.</param>
internal sealed record RandomModel(string Name, int V, int Width, int FeedForward, int N, int H, int G)
{
    private const int HeadWidth = 64;

    /// <summary>1.24 billion weights.</summary>
    public static RandomModel Large { get; } = new("random weights of Llama-3.2-1B's shape", 128256, 2048, 8192, 16, 32, 8);

    /// <summary>494 million weights. Its widths are not whole numbers of K-quant blocks, so llama.cpp's quantizer falls back to other formats for most of them.</summary>
    public static RandomModel Odd { get; } = new("random weights of Qwen2.5-0.5B's shape", 151936, 896, 4864, 24, 14, 2);

    /// <summary>100 million weights.</summary>
    public static RandomModel Small { get; } = new("100 million random weights", 32000, 768, 2048, 12, 12, 4);

    public void Make(string path, string type)
    {
        if (type == "F16")
        {
            MakeF16(path);
            return;
        }
        if (!Enum.TryParse("MOSTLY_" + type, ignoreCase: true, out llama_ftype ftype))
        {
            throw new ConfigurationException($"Making {path}: expected F16 or a type that llama.cpp quantizes to without an importance matrix, such as Q8_0 or Q4_K_M, found '{type}'.");
        }
        string source = path + ".f16";
        MakeF16(source);
        try
        {
            Quantize(source, path, ftype);
        }
        finally
        {
            File.Delete(source);
        }
    }

    private static void Quantize(string source, string path, llama_ftype ftype)
    {
        LlamaLibrary.Load(libraryPath: null, NullLogger.Instance);
        llama_model_quantize_params parameters = Llama.llama_model_quantize_default_params();
        parameters.ftype = ftype;
        parameters.nthread = Environment.ProcessorCount;
        if (Llama.llama_model_quantize(source, path, in parameters) != 0)
        {
            throw new NativeFailureException($"llama.cpp could not quantize {source} to {path}.");
        }
    }

    private void MakeF16(string path)
    {
        var writer = new GgufWriter();
        writer.SetMetadata(GgufKeys.Architecture, "llama");
        writer.SetMetadata(GgufKeys.Name, Name);
        writer.SetMetadata(GgufKeys.FileType, (uint)llama_ftype.MOSTLY_F16);
        writer.SetMetadata("llama.context_length", 131072u);
        writer.SetMetadata("llama.embedding_length", (uint)Width);
        writer.SetMetadata("llama.block_count", (uint)N);
        writer.SetMetadata("llama.feed_forward_length", (uint)FeedForward);
        writer.SetMetadata("llama.attention.head_count", (uint)H);
        writer.SetMetadata("llama.attention.head_count_kv", (uint)G);
        writer.SetMetadata("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        writer.SetMetadata("llama.rope.freq_base", 500000f);
        writer.SetMetadata("llama.rope.dimension_count", (uint)HeadWidth);
        writer.SetMetadata("llama.vocab_size", (uint)V);
        SetVocabulary(writer);

        Matrix(writer, "token_embd", V, Width, 0.02f);
        Vector(writer, "output_norm", Width, _ => 1);
        Vector(writer, "rope_freqs", HeadWidth / 2, i => 1 + i * 7f / (HeadWidth / 2 - 1));
        for (int layer = 0; layer < N; layer++)
        {
            string block = $"blk.{layer}.";
            Vector(writer, block + "attn_norm", Width, _ => 1);
            Matrix(writer, block + "attn_q", H * HeadWidth, Width);
            Matrix(writer, block + "attn_k", G * HeadWidth, Width);
            Matrix(writer, block + "attn_v", G * HeadWidth, Width);
            Matrix(writer, block + "attn_output", Width, H * HeadWidth);
            Vector(writer, block + "ffn_norm", Width, _ => 1);
            Matrix(writer, block + "ffn_gate", FeedForward, Width);
            Matrix(writer, block + "ffn_up", FeedForward, Width);
            Matrix(writer, block + "ffn_down", Width, FeedForward);
        }
        writer.Write(path);
    }

    private void SetVocabulary(GgufWriter writer)
    {
        foreach ((string key, GgufValue value) in Vocabulary(V))
        {
            writer.SetMetadata(key, value);
        }
    }

    /// <summary>Metadata of a SentencePiece vocabulary that has the bare minimum: control tokens, the bytes, and words that are numbers.</summary>
    public static IEnumerable<KeyValuePair<string, GgufValue>> Vocabulary(int tokens)
    {
        string[] special = ["<unk>", "<s>", "</s>"];
        string[] bytes = [.. Enumerable.Range(0, 256).Select(i => $"<0x{i:X2}>")];
        string[] words = [.. Enumerable.Range(0, tokens - special.Length - bytes.Length).Select(i => $"▁t{i}")];
        yield return new(GgufKeys.TokenizerModel, GgufValue.FromString("llama"));
        yield return new(GgufKeys.Tokens, GgufValue.FromStrings(GgufStrings.From([.. special, .. bytes, .. words])));
        yield return new(GgufKeys.Scores, GgufValue.FromArray(Enumerable.Range(0, tokens).Select(i => -(float)i).ToArray()));
        yield return new(GgufKeys.TokenTypes, GgufValue.FromArray((int[])[2, 3, 3, .. bytes.Select(_ => 6), .. words.Select(_ => 1)]));
    }

    private static void Vector(GgufWriter writer, string name, int n, Func<int, float> value)
    {
        float[] values = [.. Enumerable.Range(0, n).Select(value)];
        writer.AddTensor(name + ".weight", [n], GgmlType.F32, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    // Each row is a stretch of one pool of numbers: a billion of its own would take minutes.
    private static void Matrix(GgufWriter writer, string name, int rows, int columns, float? deviation = null)
    {
        writer.AddTensor(name + ".weight", [columns, rows], GgmlType.F16, stream =>
        {
#pragma warning disable RS0030 // The seed is the shape's.
            var random = new Random(rows);
#pragma warning restore RS0030
            float scale = deviation ?? 1 / MathF.Sqrt(columns);
            var pool = new Half[1 << 20];
            for (int i = 0; i < pool.Length; i++)
            {
                // Four uniform numbers: close enough to a normal distribution for a quantizer.
                float sum = random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2;
                pool[i] = (Half)(sum * scale * 1.732f);
            }
            for (int r = 0; r < rows; r++)
            {
                stream.Write(MemoryMarshal.AsBytes(pool.AsSpan(random.Next(pool.Length - columns), columns)));
            }
        });
    }
}
