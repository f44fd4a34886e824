using Engine.Gguf;

namespace Engine.Host.Tests.Commands.Inspection;

/// <summary>The other families', of the shapes that their authors published.</summary>
internal sealed class HeaderOfFamily : SparseHeader<HeaderOfFamily>
{
    private readonly string _architecture;

    private HeaderOfFamily(string architecture, uint layers, uint width, uint feedForward, uint heads, uint context)
    {
        _architecture = architecture;
        Set("general.architecture", GgufValue.FromString(architecture));
        Number("block_count", layers).Number("embedding_length", width).Number("feed_forward_length", feedForward)
            .Number("attention.head_count", heads).Number("context_length", context);
    }

    /// <summary>Devlin et al. 2018, section 3: base is 12 × 768, large 24 × 1024; V 30522 is that of the uncased vocabulary.</summary>
    /// <param name="layers">L.</param>
    /// <param name="width">H; the feed-forward is 4 H wide, a head 64.</param>
    /// <param name="pooler">With the [CLS] layer that transformers counts in.</param>
    public static HeaderOfFamily Bert(uint layers, uint width, bool pooler)
    {
        const int words = 30_522, context = 512;
        long d = width, f = 4 * d;
        HeaderOfFamily header = new HeaderOfFamily("bert", layers, width, 4 * width, width / 64, context)
            .Number("attention.layer_norm_epsilon", 1e-12f).Set("bert.attention.causal", GgufValue.FromScalar(false))
            .Set("tokenizer.ggml.padding_token_id", GgufValue.FromScalar(0u))
            .Matrix("token_embd", d, words).Table("position_embd", d, context).Table("token_types", d, 2).Norm("token_embd_norm", d);
        for (int i = 0; i < layers; i++)
        {
            header.Linear($"blk.{i}.attn_q", d, d).Linear($"blk.{i}.attn_k", d, d).Linear($"blk.{i}.attn_v", d, d)
                .Linear($"blk.{i}.attn_output", d, d).Norm($"blk.{i}.attn_output_norm", d)
                .Linear($"blk.{i}.ffn_up", d, f).Linear($"blk.{i}.ffn_down", f, d).Norm($"blk.{i}.layer_output_norm", d);
        }
        return pooler ? header.Linear("cls", d, d) : header;
    }

    /// <summary>gpt2 of 124 million parameters.</summary>
    public static HeaderOfFamily Gpt2()
    {
        const int d = 768, words = 50_257, layers = 12;
        HeaderOfFamily header = new HeaderOfFamily("gpt2", layers, d, 4 * d, 12, 1024).Number("attention.layer_norm_epsilon", 1e-5f)
            .Matrix("token_embd", d, words).Table("position_embd", d, 1024).Norm("output_norm", d);
        for (int i = 0; i < layers; i++)
        {
            header.Norm($"blk.{i}.attn_norm", d).Linear($"blk.{i}.attn_qkv", d, 3 * d).Linear($"blk.{i}.attn_output", d, d)
                .Norm($"blk.{i}.ffn_norm", d).Linear($"blk.{i}.ffn_up", d, 4 * d).Linear($"blk.{i}.ffn_down", 4 * d, d);
        }
        return header;
    }

    /// <summary>t5-small: ReLU and a tied head; or t5-v1_1-small: gated GELU and a head of its own.</summary>
    public static HeaderOfFamily T5(bool gated)
    {
        long d = 512, inner = gated ? 384 : 512, heads = inner / 64, f = gated ? 1024 : 2048, words = 32_128;
        uint layers = gated ? 8u : 6u;
        HeaderOfFamily header = new HeaderOfFamily("t5", layers, (uint)d, (uint)f, (uint)heads, 512)
            .Number("attention.layer_norm_rms_epsilon", 1e-6f).Number("attention.relative_buckets_count", 32u)
            .Number("attention.key_length", 64u).Number("attention.value_length", 64u)
            .Matrix("token_embd", d, words);
        foreach (string side in new[] { "enc", "dec" })
        {
            header.Table($"{side}.blk.0.attn_rel_b", heads, 32).Gain($"{side}.output_norm", d);
            for (int i = 0; i < layers; i++)
            {
                foreach (string attention in side == "dec" ? ["attn", "cross_attn"] : new[] { "attn" })
                {
                    string name = $"{side}.blk.{i}.{attention}";
                    header.Gain($"{name}_norm", d).Matrix($"{name}_q", d, inner).Matrix($"{name}_k", d, inner).Matrix($"{name}_v", d, inner).Matrix($"{name}_o", inner, d);
                }
                header.Gain($"{side}.blk.{i}.ffn_norm", d).Matrix($"{side}.blk.{i}.ffn_up", d, f).Matrix($"{side}.blk.{i}.ffn_down", f, d);
                if (gated)
                {
                    header.Matrix($"{side}.blk.{i}.ffn_gate", d, f);
                }
            }
        }
        return gated ? header.Matrix("output", d, words) : header;
    }

    /// <summary>Vaswani et al. 2017, table 3, base: 65 million parameters; V 37,000 of source and target together, tied.</summary>
    public static HeaderOfFamily Transformer()
    {
        const int d = 512, f = 2048, layers = 6;
        HeaderOfFamily header = new HeaderOfFamily("transformer", layers, d, f, 8, 512).Number("attention.layer_norm_epsilon", 1e-5f).Matrix("token_embd", d, 37_000);
        foreach (string side in new[] { "enc", "dec" })
        {
            for (int i = 0; i < layers; i++)
            {
                foreach (string attention in side == "dec" ? ["attn", "cross_attn"] : new[] { "attn" })
                {
                    string name = $"{side}.blk.{i}.{attention}";
                    header.Linear($"{name}_q", d, d).Linear($"{name}_k", d, d).Linear($"{name}_v", d, d).Linear($"{name}_o", d, d).Norm($"{name}_output_norm", d);
                }
                header.Linear($"{side}.blk.{i}.ffn_up", d, f).Linear($"{side}.blk.{i}.ffn_down", f, d).Norm($"{side}.blk.{i}.layer_output_norm", d);
            }
        }
        return header;
    }

    private HeaderOfFamily Number<T>(string key, T value) where T : unmanaged => Set($"{_architecture}.{key}", GgufValue.FromScalar(value));

    private HeaderOfFamily Matrix(string name, long inputs, long outputs) => Tensor($"{name}.weight", GgmlType.F16, inputs, outputs);

    /// <summary>One that converters leave in F32.</summary>
    private HeaderOfFamily Table(string name, long width, long rows) => Tensor($"{name}.weight", GgmlType.F32, width, rows);

    private HeaderOfFamily Linear(string name, long inputs, long outputs) => Matrix(name, inputs, outputs).Tensor($"{name}.bias", GgmlType.F32, outputs);

    private HeaderOfFamily Gain(string name, long width) => Tensor($"{name}.weight", GgmlType.F32, width);

    private HeaderOfFamily Norm(string name, long width) => Gain(name, width).Tensor($"{name}.bias", GgmlType.F32, width);
}
