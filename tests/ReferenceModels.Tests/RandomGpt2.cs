using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>A GPT-2 of random weights and any shape, written as a GGUF file at test time. The same settings give the same file.</summary>
internal sealed record RandomGpt2
{
    public int Seed { get; init; } = 1;
    public int V { get; init; } = 300;
    public int Width { get; init; } = 64;
    public int Inner { get; init; } = 160;
    public int N { get; init; } = 2;
    public int H { get; init; } = 4;
    public int? G { get; init; }
    public int Context { get; init; } = 100;
    public float Epsilon { get; init; } = 1e-5f;
    public GgmlType Type { get; init; } = GgmlType.F32;
    public bool Tied { get; init; }
    public bool Vocabulary { get; init; } = true;
    public string? Without { get; init; }
    public Action<GgufWriter>? Metadata { get; init; }

    /// <summary>Writes the file and returns its path.</summary>
    public string Write(string path)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", "gpt2");
        writer.SetMetadata("general.name", "random");
        writer.SetMetadata("gpt2.context_length", (uint)Context);
        writer.SetMetadata("gpt2.embedding_length", (uint)Width);
        writer.SetMetadata("gpt2.block_count", (uint)N);
        writer.SetMetadata("gpt2.feed_forward_length", (uint)Inner);
        writer.SetMetadata("gpt2.attention.head_count", (uint)H);
        writer.SetMetadata("gpt2.attention.layer_norm_epsilon", Epsilon);
        if (G is int shared)
        {
            writer.SetMetadata("gpt2.attention.head_count_kv", (uint)shared);
        }
        if (Vocabulary)
        {
            writer.SetMetadata("tokenizer.ggml.model", "gpt2");
            writer.SetMetadata("tokenizer.ggml.pre", "gpt-2");
            writer.SetMetadata("tokenizer.ggml.tokens", (IReadOnlyList<string>)[.. Enumerable.Range(0, V).Select(Token)]);
            writer.SetMetadata("tokenizer.ggml.merges", (IReadOnlyList<string>)["a b"]);
        }
        else
        {
            writer.SetMetadata("tokenizer.ggml.model", "no_vocab");
            writer.SetMetadata("gpt2.vocab_size", (uint)V);
        }
        Metadata?.Invoke(writer);

        var tensors = new RandomTensors(writer, new Random(Seed), Type);
        tensors.Matrix("token_embd.weight", V, Width, Tied ? 0.2f : 1);
        tensors.Table("position_embd.weight", Context, Width);
        tensors.Norm("output_norm", Width);
        if (!Tied)
        {
            tensors.Matrix("output.weight", V, Width);
        }
        for (int i = 0; i < N; i++)
        {
            string b = $"blk.{i}.";
            int qkv = Width + 2 * (G ?? H) * (Width / H);
            tensors.Norm(b + "attn_norm", Width);
            tensors.Linear(b + "attn_qkv", qkv, Width, Without != "attn_qkv.bias");
            tensors.Linear(b + "attn_output", Width, Width, Without != "attn_output.bias");
            tensors.Norm(b + "ffn_norm", Width);
            tensors.Linear(b + "ffn_up", Inner, Width, Without != "ffn_up.bias");
            tensors.Linear(b + "ffn_down", Width, Inner, Without != "ffn_down.bias");
        }
        writer.Write(path);
        return path;
    }

    // The printable bytes as themselves, then made-up words.
    private static string Token(int id) => id < 94 ? ((char)('!' + id)).ToString() : $"Ġt{id}";

    /// <summary>Random ids.</summary>
    public int[] Tokens(int count)
    {
        var random = new Random(Seed + 1);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(V))];
    }
}
