using Engine.Gguf;

namespace Tests.Shared;

/// <summary>The smallest models that llama.cpp v0.5.0 loads, tokenizes with and evaluates, as data to change one thing in.</summary>
internal sealed class TinyModel
{
    private readonly OrderedDictionary<string, GgufValue> _metadata = [];
    private readonly OrderedDictionary<string, (long[] Shape, GgmlType Type)> _tensors = [];

    private readonly int _width, _feedForward;

    private Func<float> _weight = () => 0;

    private TinyModel(string architecture, int width, int feedForward)
    {
        (_width, _feedForward) = (width, feedForward);
        Set("general.architecture", GgufValue.FromString(architecture));
        foreach ((string name, int value) in new[]
        {
            ("context_length", 32), ("embedding_length", width), ("block_count", 1), ("feed_forward_length", feedForward), ("attention.head_count", 2),
        })
        {
            Set($"{architecture}.{name}", (uint)value);
        }
    }

    public static TinyModel Llama() => Llama(8, 12);

    public static TinyModel Llama(int width, int feedForward) => Llama("llama", width, feedForward);

    public static TinyModel Qwen2() => Llama("qwen2", 8, 12).Tensor("blk.0.attn_q.bias", 8).Tensor("blk.0.attn_k.bias", 8).Tensor("blk.0.attn_v.bias", 8);

    public static TinyModel Qwen3() => Llama("qwen3", 8, 12).Tensor("blk.0.attn_q_norm.weight", 4).Tensor("blk.0.attn_k_norm.weight", 4);

    public static TinyModel Mixtral() => Llama("llama", 8, 12).Experts(4, 12);

    public static TinyModel Qwen3Moe() => Llama("qwen3moe", 8, 12).Tensor("blk.0.attn_q_norm.weight", 4).Tensor("blk.0.attn_k_norm.weight", 4)
        .Set("qwen3moe.expert_feed_forward_length", 6u).Experts(4, 6);

    private TinyModel Experts(int experts, int inner)
    {
        Array.ForEach((string[])["ffn_gate", "ffn_up", "ffn_down"], name => Drop($"blk.0.{name}.weight"));
        string architecture = (string)_metadata["general.architecture"].Value;
        return Set($"{architecture}.expert_count", (uint)experts).Set($"{architecture}.expert_used_count", 2u)
            .Tensor("blk.0.ffn_gate_inp.weight", _width, experts).Tensor("blk.0.ffn_gate_exps.weight", _width, inner, experts)
            .Tensor("blk.0.ffn_up_exps.weight", _width, inner, experts).Tensor("blk.0.ffn_down_exps.weight", inner, _width, experts);
    }

    public static TinyModel Phi3()
    {
        TinyModel phi = Llama("phi3", 8, 12).Tensor("blk.0.ffn_up.weight", 8, 24).Tensor("blk.0.attn_qkv.weight", 8, 24);
        Array.ForEach((string[])["ffn_gate", "attn_q", "attn_k", "attn_v"], name => phi.Drop($"blk.0.{name}.weight"));
        return phi;
    }

    public static TinyModel Gemma2() => Llama("gemma2", 8, 12).Set("gemma2.attention.sliding_window", 16u)
        .Tensor("blk.0.post_attention_norm.weight", 8).Tensor("blk.0.post_ffw_norm.weight", 8);

    public static TinyModel Gemma3() => Llama("gemma3", 8, 12).Set("gemma3.attention.sliding_window", 16u)
        .Tensor("blk.0.post_attention_norm.weight", 8).Tensor("blk.0.post_ffw_norm.weight", 8)
        .Tensor("blk.0.attn_q_norm.weight", 4).Tensor("blk.0.attn_k_norm.weight", 4);

    private static TinyModel Llama(string architecture, int width, int feedForward)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "▁", "a", "b"];
        return new TinyModel(architecture, width, feedForward).Set($"{architecture}.attention.layer_norm_rms_epsilon", 1e-5f)
            .Vocabulary("llama", tokens)
            .Set("tokenizer.ggml.token_type", GgufValue.FromArray(tokens.Select((_, id) => id is > 2 and < 259 ? 6 : id < 3 ? 3 : 1).ToArray()))
            .Tensor("token_embd.weight", width, tokens.Length).Tensor("output_norm.weight", width)
            .Block("blk.0.", "attn_norm ffn_norm", "attn_q attn_k attn_v attn_output", "ffn_gate ffn_up", "ffn_down");
    }

    public static TinyModel Gpt2() => Gpt2(8, 12);

    public static TinyModel Gpt2(int width, int feedForward)
    {
        string[] tokens = [.. Enumerable.Range('!', 90).Select(character => ((char)character).ToString()), "Ġ", "Ċ"];
        return new TinyModel("gpt2", width, feedForward).Set("gpt2.attention.layer_norm_epsilon", 1e-5f)
            .Vocabulary("gpt2", tokens).Set("tokenizer.ggml.pre", GgufValue.FromString("gpt-2")).Set("tokenizer.ggml.merges", GgufValue.FromStrings(GgufStrings.From(["a b"])))
            .Tensor("token_embd.weight", width, tokens.Length).Tensor("position_embd.weight", width, 32).Norms("output_norm")
            .Norms("blk.0.attn_norm").Norms("blk.0.ffn_norm")
            .Tensor("blk.0.attn_qkv.weight", width, 3 * width).Tensor("blk.0.attn_qkv.bias", 3 * width)
            .Linear("blk.0.attn_output", width, width).Linear("blk.0.ffn_up", width, feedForward).Linear("blk.0.ffn_down", feedForward, width);
    }

    /// <summary>A recurrent model: its state cannot go back.</summary>
    public static TinyModel Mamba()
    {
        const int Width = 16, Inner = 2 * Width, State = 4, Rank = 2, Kernel = 4;
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "▁", "a", "b"];
        return new TinyModel("mamba", Width, 0).Set("mamba.attention.layer_norm_rms_epsilon", 1e-5f).Set("mamba.attention.head_count", 0u)
            .Set("mamba.ssm.conv_kernel", (uint)Kernel).Set("mamba.ssm.inner_size", (uint)Inner).Set("mamba.ssm.state_size", (uint)State).Set("mamba.ssm.time_step_rank", (uint)Rank)
            .Vocabulary("llama", tokens)
            .Set("tokenizer.ggml.token_type", GgufValue.FromArray(tokens.Select((_, id) => id is > 2 and < 259 ? 6 : id < 3 ? 3 : 1).ToArray()))
            .Tensor("token_embd.weight", Width, tokens.Length).Tensor("output_norm.weight", Width).Tensor("blk.0.attn_norm.weight", Width)
            .Tensor("blk.0.ssm_in.weight", Width, 2 * Inner).Tensor("blk.0.ssm_conv1d.weight", Kernel, Inner).Tensor("blk.0.ssm_conv1d.bias", Inner)
            .Tensor("blk.0.ssm_x.weight", Inner, Rank + 2 * State).Tensor("blk.0.ssm_dt.weight", Rank, Inner).Tensor("blk.0.ssm_dt.bias", Inner)
            .Tensor("blk.0.ssm_a", State, Inner).Tensor("blk.0.ssm_d", Inner).Tensor("blk.0.ssm_out.weight", Inner, Width);
    }

    public static TinyModel Bert() => Bert(8, 12);

    public static TinyModel Bert(int width, int feedForward)
    {
        string[] tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁a", "▁b", "a", "b"];
        return new TinyModel("bert", width, feedForward).Set("bert.attention.layer_norm_epsilon", 1e-12f).Set("bert.attention.causal", false)
            .Vocabulary("bert", tokens).Set("tokenizer.ggml.token_type_count", 2u)
            .Set("tokenizer.ggml.bos_token_id", 2u).Set("tokenizer.ggml.seperator_token_id", 3u).Set("tokenizer.ggml.unknown_token_id", 1u)
            .Set("tokenizer.ggml.mask_token_id", 1u) // 103 where the file does not say, which older llama.cpp look up
            .Tensor("token_embd.weight", width, tokens.Length).Tensor("token_types.weight", width, 2).Tensor("position_embd.weight", width, 32)
            .Norms("token_embd_norm").Norms("blk.0.attn_output_norm").Norms("blk.0.layer_output_norm")
            .Linear("blk.0.attn_q", width, width).Linear("blk.0.attn_k", width, width).Linear("blk.0.attn_v", width, width)
            .Linear("blk.0.attn_output", width, width).Linear("blk.0.ffn_up", width, feedForward).Linear("blk.0.ffn_down", feedForward, width);
    }

    public static TinyModel T5() => T5(8, 12);

    public static TinyModel T5(int width, int feedForward) => T5Encoder("t5", width, feedForward)
        .Tensor("dec.output_norm.weight", width)
        .Block("dec.blk.0.", "attn_norm cross_attn_norm ffn_norm", "attn_q attn_k attn_v attn_o cross_attn_q cross_attn_k cross_attn_v cross_attn_o", "ffn_up", "ffn_down")
        .Tensor("dec.blk.0.attn_rel_b.weight", 2, 8);

    public static TinyModel T5Encoder() => T5Encoder("t5encoder", 8, 12);

    private static TinyModel T5Encoder(string architecture, int width, int feedForward)
    {
        string[] tokens = ["<pad>", "</s>", "<unk>", "▁", "a", "b"];
        return new TinyModel(architecture, width, feedForward)
            .Set($"{architecture}.attention.layer_norm_rms_epsilon", 1e-6f).Set($"{architecture}.attention.relative_buckets_count", 8u)
            .Vocabulary("t5", tokens).Set("tokenizer.ggml.scores", GgufValue.FromArray(new float[tokens.Length]))
            .Tensor("token_embd.weight", width, tokens.Length).Tensor("enc.output_norm.weight", width)
            .Block("enc.blk.0.", "attn_norm ffn_norm", "attn_q attn_k attn_v attn_o", "ffn_up", "ffn_down").Tensor("enc.blk.0.attn_rel_b.weight", 2, 8);
    }

    public TinyModel Set<T>(string key, T value) where T : unmanaged => Set(key, GgufValue.FromScalar(value));

    public TinyModel Set(string key, string value) => Set(key, GgufValue.FromString(value));

    public TinyModel Set(string key, GgufValue value)
    {
        _metadata[key] = value;
        return this;
    }

    public TinyModel Drop(string name)
    {
        Assert.True(_metadata.Remove(name) | _tensors.Remove(name));
        return this;
    }

    public TinyModel Vocabulary(string model, IReadOnlyList<string> tokens) =>
        Set("tokenizer.ggml.model", model).Set("tokenizer.ggml.tokens", GgufValue.FromStrings(GgufStrings.From(tokens)));

    public TinyModel Tensor(string name, params long[] shape) => Store(name, GgmlType.F32, shape);

    public TinyModel Store(string name, GgmlType type, params long[] shape)
    {
        _tensors[name] = (shape, type);
        return this;
    }

    /// <summary>Gives the F32 tensors numbers, one after the other; they are zero otherwise.</summary>
    public TinyModel Weights(Func<float> weight)
    {
        _weight = weight;
        return this;
    }

    public GgufFile Write(string path, int alignment = 32)
    {
        var writer = new GgufWriter(alignment);
        foreach ((string key, GgufValue value) in _metadata)
        {
            writer.SetMetadata(key, value);
        }
        foreach ((string name, (long[] shape, GgmlType type)) in _tensors)
        {
            byte[] data = new byte[GgmlBlock.Of(type).BytesOf(shape.Aggregate(1L, (product, length) => product * length))];
            for (int i = 0; type == GgmlType.F32 && i < data.Length; i += sizeof(float))
            {
                BitConverter.TryWriteBytes(data.AsSpan(i), _weight());
            }
            writer.AddTensor(name, shape, type, data);
        }
        writer.Write(path);
        return GgufFile.Open(path);
    }

    private TinyModel Norms(string name) => Tensor($"{name}.weight", _width).Tensor($"{name}.bias", _width);

    private TinyModel Linear(string name, long inputs, long outputs) => Tensor($"{name}.weight", inputs, outputs).Tensor($"{name}.bias", outputs);

    private TinyModel Block(string prefix, string norms, string attention, string up, string down)
    {
        Array.ForEach(norms.Split(' '), name => Tensor($"{prefix}{name}.weight", _width));
        Array.ForEach(attention.Split(' '), name => Tensor($"{prefix}{name}.weight", _width, _width));
        Array.ForEach(up.Split(' '), name => Tensor($"{prefix}{name}.weight", _width, _feedForward));
        return Tensor($"{prefix}{down}.weight", _feedForward, _width);
    }
}
