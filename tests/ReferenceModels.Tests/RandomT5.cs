using System.Runtime.InteropServices;
using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>A T5 of random weights and any shape, written as a GGUF file at test time. The same settings give the same file.</summary>
internal sealed record RandomT5
{
    public int Seed { get; init; } = 1;
    public int V { get; init; } = 300;
    public int Width { get; init; } = 64;
    public int Inner { get; init; } = 112;
    public int N { get; init; } = 2;
    public int? M { get; init; }
    public int H { get; init; } = 4;
    public int? KeyLength { get; init; }
    public int Buckets { get; init; } = 32;
    public int Context { get; init; } = 512;
    public float Epsilon { get; init; } = 1e-6f;
    public GgmlType Type { get; init; } = GgmlType.F32;
    public bool Tied { get; init; }
    public bool Gated { get; init; }

    /// <summary>Whether the file holds only the encoder, the same as in the whole model.</summary>
    public bool EncoderOnly { get; init; }

    /// <summary>Whether every layer has a table of relative positions, not only the first.</summary>
    public bool OwnPositions { get; init; }
    public string? Missing { get; init; }
    public Action<GgufWriter>? Metadata { get; init; }

    private int HeadSize => KeyLength ?? Width / H;

    /// <summary>Writes the file and returns its path.</summary>
    public string Write(string path)
    {
        var random = new Random(Seed);
        var writer = new GgufWriter();
        string architecture = EncoderOnly ? "t5encoder" : "t5";
        writer.SetMetadata("general.architecture", architecture);
        writer.SetMetadata("general.name", "random");
        writer.SetMetadata(architecture + ".context_length", (uint)Context);
        writer.SetMetadata(architecture + ".embedding_length", (uint)Width);
        writer.SetMetadata(architecture + ".block_count", (uint)N);
        writer.SetMetadata(architecture + ".feed_forward_length", (uint)Inner);
        writer.SetMetadata(architecture + ".attention.head_count", (uint)H);
        writer.SetMetadata(architecture + ".attention.relative_buckets_count", (uint)Buckets);
        writer.SetMetadata(architecture + ".attention.layer_norm_rms_epsilon", Epsilon);
        if (M is int decoder)
        {
            writer.SetMetadata(architecture + ".decoder_block_count", (uint)decoder);
        }
        if (KeyLength is int length)
        {
            writer.SetMetadata(architecture + ".attention.key_length", (uint)length);
            writer.SetMetadata(architecture + ".attention.value_length", (uint)length);
        }
        writer.SetMetadata("tokenizer.ggml.model", "t5");
        writer.SetMetadata("tokenizer.ggml.tokens", (IReadOnlyList<string>)[.. Enumerable.Range(0, V).Select(Token)]);
        writer.SetMetadata("tokenizer.ggml.scores", (float[])[.. Enumerable.Range(0, V).Select(id => -0.01f * id)]);
        // ggml's kinds: 1 normal, 2 unknown, 3 control.
        writer.SetMetadata("tokenizer.ggml.token_type", (int[])[.. Enumerable.Range(0, V).Select(id => id switch { < 2 => 3, 2 => 2, _ => 1 })]);
        Metadata?.Invoke(writer);

        Matrix("token_embd.weight", V, Width, Tied ? 0.2f : 1);
        Vector("enc.output_norm.weight", Width);
        Vector("dec.output_norm.weight", Width);
        if (!Tied)
        {
            Matrix("output.weight", V, Width);
        }
        for (int i = 0; i < N; i++)
        {
            Layer($"enc.blk.{i}.", i, crosses: false);
        }
        for (int i = 0; i < (M ?? N); i++)
        {
            Layer($"dec.blk.{i}.", i, crosses: true);
        }
        writer.Write(path);
        return path;

        void Layer(string b, int i, bool crosses)
        {
            Attention(b + "attn");
            if (i == 0 || OwnPositions)
            {
                Matrix(b + "attn_rel_b.weight", Buckets, H, 1, GgmlType.F32);
            }
            if (crosses)
            {
                Attention(b + "cross_attn");
            }
            Vector(b + "ffn_norm.weight", Width);
            Matrix(b + "ffn_up.weight", Inner, Width);
            Matrix(b + "ffn_down.weight", Width, Inner);
            if (Gated)
            {
                Matrix(b + "ffn_gate.weight", Inner, Width);
            }
        }
        void Attention(string name)
        {
            Vector(name + "_norm.weight", Width);
            // Scores are not scaled, so queries are small.
            Matrix(name + "_q.weight", H * HeadSize, Width, 1 / MathF.Sqrt(Width * HeadSize));
            Matrix(name + "_k.weight", H * HeadSize, Width);
            Matrix(name + "_v.weight", H * HeadSize, Width);
            Matrix(name + "_o.weight", Width, H * HeadSize);
        }
        void Vector(string tensor, int n)
        {
            float[] values = [.. Enumerable.Range(0, n).Select(_ => 1 + 0.2f * (float)random.NextDouble())];
            if (Has(tensor))
            {
                writer.AddTensor(tensor, [n], GgmlType.F32, MemoryMarshal.AsBytes<float>(values).ToArray());
            }
        }
        void Matrix(string tensor, int rows, int columns, float scale = 0, GgmlType? type = null)
        {
            float deviation = scale > 0 ? scale : 1 / MathF.Sqrt(columns);
            byte[] data = RandomWeights.Make(random, type ?? Type, (long)rows * columns, deviation);
            if (tensor != Missing && Has(tensor))
            {
                writer.AddTensor(tensor, [columns, rows], type ?? Type, data);
            }
        }
    }

    private bool Has(string tensor) => !EncoderOnly || tensor.StartsWith("enc.", StringComparison.Ordinal) || tensor.StartsWith("token_embd", StringComparison.Ordinal);

    private static string Token(int id) => id switch
    {
        0 => "<pad>",
        1 => "</s>",
        2 => "<unk>",
        _ => $"▁t{id}",
    };

    /// <summary>Random ids of a source.</summary>
    public int[] Source(int count) => Ids(count, Seed + 1);

    /// <summary>Random ids of a target, without its start token.</summary>
    public int[] Target(int count) => Ids(count, Seed + 2);

    private int[] Ids(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(3, V))];
    }
}
