namespace Engine.Host.Tests.Hostile;

/// <summary>Sound little files of each architecture, from which the hostile ones are made.</summary>
internal static class SmallModels
{
    public const int Context = 64;
    private const int D = 32, F = 48, Heads = 4, HeadsKv = 2, Layers = 2;

    /// <summary>unk, BOS, EOS, 256 bytes, then pieces.</summary>
    public static string[] Tokens { get; } =
        ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(i => $"<0x{i:X2}>"), "▁", "▁the", "e", "l", "o", "lo", "▁H", "He", "llo", "▁Hello", "a"];

    public static int Vocabulary => Tokens.Length;

    public static ModelFile Llama(int d = D, int heads = Heads, int headsKv = HeadsKv)
    {
        ModelFile file = SentencePiece(Common("llama", d, heads))
            .Set("llama.attention.head_count_kv", (uint)headsKv)
            .Set("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .Tensor("token_embd.weight", [d, Vocabulary])
            .Tensor("output_norm.weight", [d]);
        for (int i = 0; i < Layers; i++)
        {
            file.Tensor($"blk.{i}.attn_norm.weight", [d])
                .Tensor($"blk.{i}.attn_q.weight", [d, d])
                .Tensor($"blk.{i}.attn_k.weight", [d, d / heads * headsKv])
                .Tensor($"blk.{i}.attn_v.weight", [d, d / heads * headsKv])
                .Tensor($"blk.{i}.attn_output.weight", [d, d])
                .Tensor($"blk.{i}.ffn_norm.weight", [d])
                .Tensor($"blk.{i}.ffn_gate.weight", [d, F])
                .Tensor($"blk.{i}.ffn_up.weight", [d, F])
                .Tensor($"blk.{i}.ffn_down.weight", [F, d]);
        }
        return file;
    }

    public static ModelFile Gpt2()
    {
        ModelFile file = Common("gpt2", D, Heads)
            .Set("gpt2.attention.layer_norm_epsilon", 1e-5f)
            .Set("tokenizer.ggml.model", "gpt2")
            .Set("tokenizer.ggml.pre", "gpt-2")
            .Set("tokenizer.ggml.tokens", Bytes)
            .Set("tokenizer.ggml.merges", "H e", "l l")
            .Tensor("token_embd.weight", [D, Bytes.Length])
            .Tensor("position_embd.weight", [D, Context])
            .Tensor("output_norm.weight", [D]).Tensor("output_norm.bias", [D]);
        for (int i = 0; i < Layers; i++)
        {
            foreach ((string name, long input, long output) in new (string, long, long)[]
            {
                ("attn_qkv", D, 3 * D), ("attn_output", D, D), ("ffn_up", D, F), ("ffn_down", F, D),
            })
            {
                file.Tensor($"blk.{i}.{name}.weight", [input, output]).Tensor($"blk.{i}.{name}.bias", [output]);
            }
            file.Tensor($"blk.{i}.attn_norm.weight", [D]).Tensor($"blk.{i}.attn_norm.bias", [D])
                .Tensor($"blk.{i}.ffn_norm.weight", [D]).Tensor($"blk.{i}.ffn_norm.bias", [D]);
        }
        return file;
    }

    public static ModelFile Bert()
    {
        string[] tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁hello", "▁the", "lo", "▁h", "e", "l", "o"];
        ModelFile file = Common("bert", D, Heads)
            .Set("bert.attention.layer_norm_epsilon", 1e-5f)
            .Set("bert.attention.causal", false)
            .Set("bert.pooling_type", 1u)
            .Set("tokenizer.ggml.model", "bert")
            .Set("tokenizer.ggml.token_type_count", 2u)
            .Set("tokenizer.ggml.tokens", tokens)
            .Set("tokenizer.ggml.bos_token_id", 2u)
            .Set("tokenizer.ggml.seperator_token_id", 3u)
            .Tensor("token_embd.weight", [D, tokens.Length])
            .Tensor("position_embd.weight", [D, Context])
            .Tensor("token_embd_norm.weight", [D]).Tensor("token_embd_norm.bias", [D]);
        for (int i = 0; i < Layers; i++)
        {
            foreach ((string name, long input, long output) in new (string, long, long)[]
            {
                ("attn_q", D, D), ("attn_k", D, D), ("attn_v", D, D), ("attn_output", D, D), ("ffn_up", D, F), ("ffn_down", F, D),
            })
            {
                file.Tensor($"blk.{i}.{name}.weight", [input, output]).Tensor($"blk.{i}.{name}.bias", [output]);
            }
            file.Tensor($"blk.{i}.attn_output_norm.weight", [D]).Tensor($"blk.{i}.attn_output_norm.bias", [D])
                .Tensor($"blk.{i}.layer_output_norm.weight", [D]).Tensor($"blk.{i}.layer_output_norm.bias", [D]);
        }
        return file;
    }

    public static ModelFile T5()
    {
        ModelFile file = Common("t5", D, Heads)
            .Set("t5.attention.layer_norm_rms_epsilon", 1e-5f)
            .Set("t5.attention.relative_buckets_count", 8u)
            .Set("t5.decoder_start_token_id", 0u)
            .Set("tokenizer.ggml.model", "t5")
            .Set("tokenizer.ggml.tokens", ["<pad>", "</s>", "<unk>", .. Tokens.Skip(3)])
            .Set("tokenizer.ggml.scores", Enumerable.Repeat(-1f, Vocabulary).ToArray())
            .Tensor("token_embd.weight", [D, Vocabulary])
            .Tensor("enc.output_norm.weight", [D]).Tensor("dec.output_norm.weight", [D]);
        foreach (string side in new[] { "enc", "dec" })
        {
            file.Tensor($"{side}.blk.0.attn_rel_b.weight", [Heads, 8]);
            foreach (string attention in side == "dec" ? ["attn", "cross_attn"] : new[] { "attn" })
            {
                for (int i = 0; i < Layers; i++)
                {
                    foreach (string matrix in new[] { "q", "k", "v", "o" })
                    {
                        file.Tensor($"{side}.blk.{i}.{attention}_{matrix}.weight", [D, D]);
                    }
                    file.Tensor($"{side}.blk.{i}.{attention}_norm.weight", [D]);
                }
            }
            for (int i = 0; i < Layers; i++)
            {
                file.Tensor($"{side}.blk.{i}.ffn_norm.weight", [D]).Tensor($"{side}.blk.{i}.ffn_up.weight", [D, F]).Tensor($"{side}.blk.{i}.ffn_down.weight", [F, D]);
            }
        }
        return file;
    }

    /// <summary>The alphabet of byte-level BPE: printable bytes as themselves, the others from U+0100 on.</summary>
    private static string[] Bytes { get; } =
        [.. Enumerable.Range(0, 256).Select(b => b is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174).Aggregate(
            (Letters: new List<string>(), Next: 256, Byte: 0),
            (state, printable) =>
            {
                state.Letters.Add(((char)(printable ? state.Byte : state.Next)).ToString());
                return (state.Letters, printable ? state.Next : state.Next + 1, state.Byte + 1);
            }).Letters, "He", "ll"];

    private static ModelFile Common(string architecture, int d, int heads) => new ModelFile()
        .Set("general.architecture", architecture)
        .Set($"{architecture}.context_length", (uint)Context)
        .Set($"{architecture}.embedding_length", (uint)d)
        .Set($"{architecture}.block_count", (uint)Layers)
        .Set($"{architecture}.feed_forward_length", (uint)F)
        .Set($"{architecture}.attention.head_count", (uint)heads);

    private static ModelFile SentencePiece(ModelFile file) => file
        .Set("tokenizer.ggml.model", "llama")
        .Set("tokenizer.ggml.tokens", Tokens)
        .Set("tokenizer.ggml.scores", Tokens.Select((_, i) => i < 259 ? 0f : -i).ToArray())
        .Set("tokenizer.ggml.token_type", Tokens.Select((_, i) => i switch { 0 => 2, < 3 => 3, < 259 => 6, _ => 1 }).ToArray())
        .Set("tokenizer.ggml.bos_token_id", 1u)
        .Set("tokenizer.ggml.eos_token_id", 2u)
        .Set("tokenizer.ggml.unknown_token_id", 0u);
}
