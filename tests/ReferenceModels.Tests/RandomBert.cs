using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>A BERT of random weights and any shape, written as a GGUF file at test time. The same settings give the same file.</summary>
internal sealed record RandomBert
{
    public int Seed { get; init; } = 1;
    public int V { get; init; } = 300;
    public int Width { get; init; } = 64;
    public int Inner { get; init; } = 160;
    public int N { get; init; } = 2;
    public int H { get; init; } = 4;
    public int? G { get; init; }
    public int Context { get; init; } = 100;
    public float Epsilon { get; init; } = 1e-12f;
    public GgmlType Type { get; init; } = GgmlType.F32;
    public int Segments { get; init; } = 2;
    public bool SegmentTable { get; init; } = true;
    /// <summary>Adds these segments' rows to the positions, in place of row 0, so that a program that uses only row 0 gets them.</summary>
    public int[] FoldedSegments { get; init; } = [];
    public bool FusedQkv { get; init; }
    public bool FusedBias { get; init; }
    public bool QkvBiases { get; init; } = true;
    public bool OutputBias { get; init; } = true;
    public bool FeedForwardBiases { get; init; } = true;
    public bool Pooler { get; init; }
    public bool PoolerBias { get; init; } = true;
    public int? Scores { get; init; }
    public bool ScoresBias { get; init; } = true;
    public int Labels { get; init; }
    public bool Vocabulary { get; init; } = true;
    public Action<GgufWriter>? Metadata { get; init; }

    /// <summary>Writes the file and returns its path.</summary>
    public string Write(string path)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", "bert");
        writer.SetMetadata("general.name", "random");
        writer.SetMetadata("bert.context_length", (uint)Context);
        writer.SetMetadata("bert.embedding_length", (uint)Width);
        writer.SetMetadata("bert.block_count", (uint)N);
        writer.SetMetadata("bert.feed_forward_length", (uint)Inner);
        writer.SetMetadata("bert.attention.head_count", (uint)H);
        writer.SetMetadata("bert.attention.layer_norm_epsilon", Epsilon);
        writer.SetMetadata("bert.attention.causal", false);
        writer.SetMetadata("tokenizer.ggml.token_type_count", (uint)Segments);
        if (G is int shared)
        {
            writer.SetMetadata("bert.attention.head_count_kv", (uint)shared);
        }
        if (Labels > 0)
        {
            writer.SetMetadata("bert.classifier.output_labels", (IReadOnlyList<string>)[.. Enumerable.Range(0, Labels).Select(i => $"label {i}")]);
        }
        if (Vocabulary)
        {
            writer.SetMetadata("tokenizer.ggml.model", "bert");
            writer.SetMetadata("tokenizer.ggml.tokens", (IReadOnlyList<string>)[.. Enumerable.Range(0, V).Select(Token)]);
            writer.SetMetadata("tokenizer.ggml.bos_token_id", 2u);
            writer.SetMetadata("tokenizer.ggml.seperator_token_id", 3u);
            writer.SetMetadata("tokenizer.ggml.unknown_token_id", 1u);
        }
        else
        {
            writer.SetMetadata("tokenizer.ggml.model", "no_vocab");
            writer.SetMetadata("bert.vocab_size", (uint)V);
        }
        Metadata?.Invoke(writer);
        WriteTensors(new RandomTensors(writer, new Random(Seed), Type));
        writer.Write(path);
        return path;
    }

    private void WriteTensors(RandomTensors tensors)
    {
        tensors.Matrix("token_embd.weight", V, Width, 1);
        float[] types = SegmentTable ? tensors.Table("token_types.weight", Segments, Width) : [];
        tensors.Table("position_embd.weight", Context, Width, positions =>
        {
            for (int i = 0; i < FoldedSegments.Length * Width; i++)
            {
                positions[i] += types[FoldedSegments[i / Width] * Width + i % Width] - types[i % Width];
            }
        });
        tensors.Norm("token_embd_norm", Width);
        for (int i = 0; i < N; i++)
        {
            string b = $"blk.{i}.";
            int shared = (G ?? H) * (Width / H);
            if (FusedQkv)
            {
                tensors.Linear(b + "attn_qkv", Width + 2 * shared, Width, FusedBias);
            }
            foreach ((string name, int rows) in ((string, int)[])[("attn_q", Width), ("attn_k", shared), ("attn_v", shared)])
            {
                if (!FusedQkv)
                {
                    tensors.Matrix(b + name + ".weight", rows, Width);
                }
                tensors.Bias(b + name + ".bias", rows, QkvBiases);
            }
            tensors.Linear(b + "attn_output", Width, Width, OutputBias);
            tensors.Norm(b + "attn_output_norm", Width);
            tensors.Linear(b + "ffn_up", Inner, Width, FeedForwardBiases);
            tensors.Linear(b + "ffn_down", Width, Inner, FeedForwardBiases);
            tensors.Norm(b + "layer_output_norm", Width);
        }
        if (Pooler)
        {
            tensors.Linear("cls", Width, Width, PoolerBias);
        }
        if (Scores is int scores)
        {
            tensors.Linear("cls.output", scores, Width, ScoresBias);
        }
    }

    private static string Token(int id) => id switch
    {
        0 => "[PAD]",
        1 => "[UNK]",
        2 => "[CLS]",
        3 => "[SEP]",
        < 30 => ((char)('a' + id - 4)).ToString(),
        < 56 => $"▁{(char)('a' + id - 30)}",
        _ => $"▁t{id}",
    };

    /// <summary>[CLS], random ids, [SEP].</summary>
    public int[] Tokens(int count)
    {
        var random = new Random(Seed + 1);
        return [2, .. Enumerable.Range(0, count - 2).Select(_ => random.Next(V)), 3];
    }
}
