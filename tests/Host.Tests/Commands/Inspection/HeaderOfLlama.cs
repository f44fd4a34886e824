using Engine.Gguf;

namespace Engine.Host.Tests.Commands.Inspection;

/// <summary>A LLaMA's.</summary>
internal sealed class HeaderOfLlama(long embedding, long feedForward, long keyValues, long words) : SparseHeader<HeaderOfLlama>
{
    /// <summary>As Meta's model card and configuration give the shape of Llama-3.2-1B.</summary>
    public static HeaderOfLlama OfOneBillion()
    {
        var header = new HeaderOfLlama(embedding: 2048, feedForward: 8192, keyValues: 512, words: 128_256).Begin(layers: 16, heads: 32, groups: 8, context: 131_072);
        for (int layer = 0; layer < 16; layer++)
        {
            header.Layer(layer);
        }
        return header;
    }

    public HeaderOfLlama Begin(uint layers, uint heads, uint groups, uint context)
    {
        Set("general.architecture", GgufValue.FromString("llama"));
        Set("llama.block_count", GgufValue.FromScalar(layers));
        Set("llama.context_length", GgufValue.FromScalar(context));
        Set("llama.embedding_length", GgufValue.FromScalar((uint)embedding));
        Set("llama.feed_forward_length", GgufValue.FromScalar((uint)feedForward));
        Set("llama.attention.head_count", GgufValue.FromScalar(heads));
        Set("llama.attention.head_count_kv", GgufValue.FromScalar(groups));
        Set("llama.attention.layer_norm_rms_epsilon", GgufValue.FromScalar(1e-5f));
        return Tensor("token_embd.weight", GgmlType.F16, embedding, words).Tensor("output_norm.weight", GgmlType.F32, embedding);
    }

    public HeaderOfLlama Layer(int layer, long? width = null)
    {
        string prefix = $"blk.{layer}.";
        long inner = width ?? feedForward;
        return Tensor(prefix + "attn_norm.weight", GgmlType.F32, embedding).Tensor(prefix + "ffn_norm.weight", GgmlType.F32, embedding)
            .Tensor(prefix + "attn_q.weight", GgmlType.F16, embedding, embedding).Tensor(prefix + "attn_k.weight", GgmlType.F16, embedding, keyValues)
            .Tensor(prefix + "attn_v.weight", GgmlType.F16, embedding, keyValues).Tensor(prefix + "attn_output.weight", GgmlType.F16, embedding, embedding)
            .Tensor(prefix + "ffn_gate.weight", GgmlType.F16, embedding, inner).Tensor(prefix + "ffn_up.weight", GgmlType.F16, embedding, inner)
            .Tensor(prefix + "ffn_down.weight", GgmlType.F16, inner, embedding);
    }
}
