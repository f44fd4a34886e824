using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>An attention's weights and the gain of the norm before it.</summary>
/// <param name="Norm">(d).</param>
/// <param name="Q">(H·d_k, d).</param>
/// <param name="K">(H·d_k, d).</param>
/// <param name="V">(H·d_k, d).</param>
/// <param name="O">(d, H·d_k).</param>
internal sealed record T5AttentionWeights(Weight Norm, Weight Q, Weight K, Weight V, Weight O)
{
    public static T5AttentionWeights Read(WeightReader w, T5Config c, string name)
    {
        (int q, string from) = (c.H * c.d_k, $"head_count {c.H} × key_length {c.d_k}");
        return new T5AttentionWeights(
            w.Vector($"{name}_norm.weight", c.d, $"embedding_length {c.d}"),
            w.Matrix($"{name}_q.weight", q, c.d, from), w.Matrix($"{name}_k.weight", q, c.d, from),
            w.Matrix($"{name}_v.weight", q, c.d, from), w.Matrix($"{name}_o.weight", c.d, q, from));
    }
}

/// <summary>One layer's weights, of the encoder or the decoder.</summary>
/// <param name="Self">The weights of the self-attention.</param>
/// <param name="RelB">(buckets, H); layers without their own use that of layer 0.</param>
/// <param name="Cross">The weights of the attention to the source; null in the encoder.</param>
/// <param name="FfnNorm">(d).</param>
/// <param name="FfnGate">(f, d); with it the feed-forward is a gated GELU, without it a ReLU.</param>
/// <param name="FfnUp">(f, d).</param>
/// <param name="FfnDown">(d, f).</param>
internal sealed record T5Layer(
    T5AttentionWeights Self, Weight RelB, T5AttentionWeights? Cross, Weight FfnNorm, Weight? FfnGate, Weight FfnUp, Weight FfnDown)
{
    public static T5Layer Read(WeightReader w, T5Config c, bool crosses, Weight? firstRelB)
    {
        string fromB = $"relative_buckets_count {c.Buckets} and head_count {c.H}";
        string fromF = $"embedding_length {c.d} and feed_forward_length {c.f}";
        return new T5Layer(
            T5AttentionWeights.Read(w, c, "attn"),
            w.OptionalMatrix("attn_rel_b.weight", c.Buckets, c.H, fromB) ?? firstRelB ?? w.Matrix("attn_rel_b.weight", c.Buckets, c.H, fromB),
            crosses ? T5AttentionWeights.Read(w, c, "cross_attn") : null,
            w.Vector("ffn_norm.weight", c.d, $"embedding_length {c.d}"),
            w.OptionalMatrix("ffn_gate.weight", c.f, c.d, fromF),
            w.Matrix("ffn_up.weight", c.f, c.d, fromF),
            w.Matrix("ffn_down.weight", c.d, c.f, fromF));
    }

    /// <summary>All layers of a part, starting at <c>enc.blk.0</c>.</summary>
    public static IReadOnlyList<T5Layer> ReadStack(WeightReader w, T5Config c, string part, int layers, bool crosses)
    {
        var stack = new List<T5Layer>();
        for (int i = 0; i < layers; i++)
        {
            stack.Add(Read(w.Enter($"{part}.blk.{i}"), c, crosses, i == 0 ? null : stack[0].RelB));
        }
        return stack;
    }
}
