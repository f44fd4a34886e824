using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>A descendant of LLaMA of random weights and any shape, written as a GGUF file at test time. The same settings give the same file.</summary>
internal sealed record RandomDescendant
{
    public required string Architecture { get; init; }
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
    public bool OutputBias { get; init; }
    public bool FusedQkv { get; init; }

    /// <summary>Additional metadata, without the architecture: <c>rope.freq_base</c>.</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; init; } = new Dictionary<string, object>();

    private int HeadSize => KeyLength ?? Width / H;

    /// <summary>Rows of the two tables of rotary factors, for short contexts and for long ones.</summary>
    public bool RopeFactors { get; init; }

    /// <summary>Experts in place of the feed-forward, and how many of them a token goes to; 0 for none.</summary>
    public int Experts { get; init; }
    public int Used { get; init; }

    private bool NormsHeads => Architecture is "qwen3" or "qwen3moe" or "gemma3";

    private bool IsGemma => Architecture is "gemma2" or "gemma3";

    /// <summary>Writes the file and returns its path.</summary>
    public string Write(string path)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", Architecture);
        writer.SetMetadata("general.name", "random");
        Number("context_length", Context);
        Number("embedding_length", Width);
        Number("block_count", N);
        Number("feed_forward_length", Inner);
        Number("attention.head_count", H);
        Number("attention.head_count_kv", G);
        writer.SetMetadata($"{Architecture}.attention.layer_norm_rms_epsilon", Epsilon);
        if (KeyLength is int length)
        {
            Number("attention.key_length", length);
            Number("attention.value_length", length);
        }
        if (Experts > 0)
        {
            Number("expert_count", Experts);
            Number("expert_used_count", Used);
        }
        foreach ((string key, object value) in Metadata)
        {
            Set(writer, $"{Architecture}.{key}", value);
        }
        writer.SetMetadata("tokenizer.ggml.model", "llama");
        writer.SetMetadata("tokenizer.ggml.tokens", (IReadOnlyList<string>)[.. Enumerable.Range(0, V).Select(Token)]);
        Add(new RandomTensors(writer, new Random(Seed), Type));
        writer.Write(path);
        return path;

        void Number(string key, int value) => writer.SetMetadata($"{Architecture}.{key}", (uint)value);
    }

    private void Add(RandomTensors tensors)
    {
        tensors.Matrix("token_embd.weight", V, Width, Tied ? 0.2f : 1);
        tensors.Gain("output_norm.weight", Width);
        if (!Tied)
        {
            tensors.Matrix("output.weight", V, Width);
        }
        tensors.Bias("output.bias", V, OutputBias);
        int rotated = Metadata.TryGetValue("rope.dimension_count", out object? count) ? (int)count : HeadSize;
        foreach (string length in RopeFactors ? ["short", "long"] : (string[])[])
        {
            tensors.Gain($"rope_factors_{length}.weight", rotated / 2);
        }
        for (int i = 0; i < N; i++)
        {
            string b = $"blk.{i}.";
            tensors.Gain(b + "attn_norm.weight", Width);
            AddAttention(tensors, b);
            if (IsGemma)
            {
                tensors.Gain(b + "post_attention_norm.weight", Width);
                tensors.Gain(b + "post_ffw_norm.weight", Width);
            }
            tensors.Gain(b + "ffn_norm.weight", Width);
            AddFeedForward(tensors, b);
        }
    }

    private void AddAttention(RandomTensors tensors, string b)
    {
        (int q, int kv) = (H * HeadSize, G * HeadSize);
        if (FusedQkv)
        {
            tensors.Linear(b + "attn_qkv", q + 2 * kv, Width, Biases);
        }
        else
        {
            tensors.Linear(b + "attn_q", q, Width, Biases);
            tensors.Linear(b + "attn_k", kv, Width, Biases);
            tensors.Linear(b + "attn_v", kv, Width, Biases);
        }
        if (NormsHeads)
        {
            tensors.Gain(b + "attn_q_norm.weight", HeadSize);
            tensors.Gain(b + "attn_k_norm.weight", HeadSize);
        }
        tensors.Matrix(b + "attn_output.weight", Width, q);
    }

    private void AddFeedForward(RandomTensors tensors, string b)
    {
        if (Experts > 0)
        {
            int inner = Metadata.TryGetValue("expert_feed_forward_length", out object? own) ? (int)own : Architecture == "llama" ? Inner : Inner / Used;
            tensors.Matrix(b + "ffn_gate_inp.weight", Experts, Width);
            tensors.Experts(b + "ffn_gate_exps.weight", Experts, inner, Width);
            tensors.Experts(b + "ffn_up_exps.weight", Experts, inner, Width);
            tensors.Experts(b + "ffn_down_exps.weight", Experts, Width, inner);
            return;
        }
        bool fused = Architecture == "phi3";
        if (!fused)
        {
            tensors.Matrix(b + "ffn_gate.weight", Inner, Width);
        }
        tensors.Matrix(b + "ffn_up.weight", fused ? 2 * Inner : Inner, Width);
        tensors.Matrix(b + "ffn_down.weight", Width, Inner);
    }

    private static void Set(GgufWriter writer, string key, object value)
    {
        switch (value)
        {
            case float number: writer.SetMetadata(key, number); break;
            case int number: writer.SetMetadata(key, (uint)number); break;
            case string text: writer.SetMetadata(key, text); break;
            case bool[] truths: writer.SetMetadata(key, truths); break;
            default: throw new ArgumentException($"Writing '{key}': {value.GetType()} is no type of metadata here.");
        }
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
