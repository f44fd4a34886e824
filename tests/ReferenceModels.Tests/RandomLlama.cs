using System.Runtime.InteropServices;
using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>A LLaMA of random weights and any shape, written as a GGUF file at test time. The same settings give the same file.</summary>
internal sealed record RandomLlama
{
    public int Seed { get; init; } = 1;
    public int V { get; init; } = 320;
    public int Width { get; init; } = 64;
    public int Inner { get; init; } = 112;
    public int N { get; init; } = 2;
    public int H { get; init; } = 4;
    public int G { get; init; } = 2;
    public int? KeyLength { get; init; }
    public int Context { get; init; } = 512;
    public float Epsilon { get; init; } = 1e-5f;
    public GgmlType Type { get; init; } = GgmlType.F32;
    public bool Tied { get; init; }
    public bool Biases { get; init; }
    public bool FusedQkv { get; init; }
    public bool RopeFactors { get; init; }
    public string Tokenizer { get; init; } = "llama";
    public string? ExtraTensor { get; init; }
    public Action<GgufWriter>? Metadata { get; init; }

    private int HeadSize => KeyLength ?? Width / H;

    /// <summary>Writes the file and returns its path.</summary>
    public string Write(string path)
    {
        var random = new Random(Seed);
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", "llama");
        writer.SetMetadata("general.name", "random");
        writer.SetMetadata("llama.context_length", (uint)Context);
        writer.SetMetadata("llama.embedding_length", (uint)Width);
        writer.SetMetadata("llama.block_count", (uint)N);
        writer.SetMetadata("llama.feed_forward_length", (uint)Inner);
        writer.SetMetadata("llama.attention.head_count", (uint)H);
        writer.SetMetadata("llama.attention.head_count_kv", (uint)G);
        writer.SetMetadata("llama.attention.layer_norm_rms_epsilon", Epsilon);
        if (KeyLength is int length)
        {
            writer.SetMetadata("llama.attention.key_length", (uint)length);
            writer.SetMetadata("llama.attention.value_length", (uint)length);
        }
        writer.SetMetadata("tokenizer.ggml.model", Tokenizer);
        writer.SetMetadata("tokenizer.ggml.tokens", (IReadOnlyList<string>)[.. Enumerable.Range(0, V).Select(Token)]);
        Metadata?.Invoke(writer);

        (int q, int kv) = (H * HeadSize, G * HeadSize);
        Matrix("token_embd.weight", V, Width, Tied ? 0.2f : 1);
        Vector("output_norm.weight", Width, 1);
        if (ExtraTensor is not null)
        {
            Vector(ExtraTensor, HeadSize, 1);
        }
        if (!Tied)
        {
            Matrix("output.weight", V, Width);
        }
        if (RopeFactors)
        {
            Add("rope_freqs.weight", [HeadSize / 2], Values(HeadSize / 2, () => 1 + (float)random.NextDouble() * 7));
        }
        for (int i = 0; i < N; i++)
        {
            string b = $"blk.{i}.";
            Vector(b + "attn_norm.weight", Width, 1);
            if (FusedQkv)
            {
                Matrix(b + "attn_qkv.weight", q + 2 * kv, Width);
                Bias(b + "attn_qkv.bias", q + 2 * kv);
            }
            else
            {
                Matrix(b + "attn_q.weight", q, Width);
                Matrix(b + "attn_k.weight", kv, Width);
                Matrix(b + "attn_v.weight", kv, Width);
                Bias(b + "attn_q.bias", q);
                Bias(b + "attn_k.bias", kv);
                Bias(b + "attn_v.bias", kv);
            }
            Matrix(b + "attn_output.weight", Width, q);
            Bias(b + "attn_output.bias", Width);
            Vector(b + "ffn_norm.weight", Width, 1);
            Matrix(b + "ffn_gate.weight", Inner, Width);
            Matrix(b + "ffn_up.weight", Inner, Width);
            Matrix(b + "ffn_down.weight", Width, Inner);
            Bias(b + "ffn_gate.bias", Inner);
            Bias(b + "ffn_up.bias", Inner);
            Bias(b + "ffn_down.bias", Width);
        }
        writer.Write(path);
        return path;

        void Bias(string tensor, int n)
        {
            if (Biases)
            {
                Vector(tensor, n, 0);
            }
        }
        void Vector(string tensor, int n, float mean) => Add(tensor, [n], Values(n, () => mean + 0.2f * (float)random.NextDouble()));
        void Matrix(string tensor, int rows, int columns, float scale = 0)
        {
            float deviation = scale > 0 ? scale : 1 / MathF.Sqrt(columns);
            writer.AddTensor(tensor, [columns, rows], Type, RandomWeights.Make(random, Type, (long)rows * columns, deviation));
        }
        void Add(string tensor, long[] shape, float[] values) =>
            writer.AddTensor(tensor, shape, GgmlType.F32, MemoryMarshal.AsBytes<float>(values).ToArray());
        static float[] Values(int count, Func<float> next) => [.. Enumerable.Range(0, count).Select(_ => next())];
    }

    // Three special tokens, one for each byte, and made-up words.
    private static string Token(int id) => id switch
    {
        0 => "<unk>",
        1 => "<s>",
        2 => "</s>",
        < 259 => $"<0x{id - 3:X2}>",
        _ => $"t{id}",
    };

    /// <summary>Random ids, the first of them BOS.</summary>
    public int[] Tokens(int count)
    {
        var random = new Random(Seed + 1);
        return [1, .. Enumerable.Range(1, count - 1).Select(_ => random.Next(3, V))];
    }
}
