using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// Qwen3: Yang et al. 2025, "Qwen3 Technical Report", https://arxiv.org/abs/2505.09388 (section 2): a LLaMA that normalizes each head of
/// queries and keys before the rotation (Dehghani et al. 2023, https://arxiv.org/abs/2302.05442) and whose heads may be wider than their share of d.
/// </summary>
/// <remarks>
/// Each layer: x ← x + W_o·Attention(Norm(x)) with Norm(q_h) and Norm(k_g) in place of q_h and k_g, then
/// x ← x + W_down·SwiGLU(W_gate·Norm(x), W_up·Norm(x)). RoPE pairs the two halves of a head.
/// </remarks>
internal sealed class Qwen3 : RotaryDecoder<Qwen3.LayerWeights>
{
    /// <summary>The architecture's name in a file.</summary>
    public const string Architecture = "qwen3";

    private readonly RopeAngles[] _angles;

    private Qwen3(RotaryConfig config, RotaryWeights<LayerWeights> weights) : base(config, weights) =>
        _angles = [new RopeAngles(C.Rotated, C.RopeBase, C.RopeScaling, [], C.Pairs)];

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a Qwen3.</exception>
    public static Qwen3 Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        RotaryConfig config = RotaryConfig.Read(file.Metadata, Architecture, vocabulary, RopePairs.Halves).Dense(file.Metadata);
        var reader = new WeightReader(file, trainable);
        RotaryWeights<LayerWeights> weights = RotaryWeights<LayerWeights>.Read(reader, config, LayerWeights.Read);
        reader.RequireAllUsed();
        return new Qwen3(config, weights) { Parameters = reader.Given };
    }

    /// <summary>One layer's weights.</summary>
    internal sealed record LayerWeights
    {
        public required Weight AttnNorm { get; init; }     // (d)
        public required AttentionWeights Attention { get; init; }
        public required Weight FfnNorm { get; init; }      // (d)
        public required FeedForwardWeights FeedForward { get; init; }

        public static LayerWeights Read(WeightReader w, RotaryConfig c) => new()
        {
            AttnNorm = w.Vector("attn_norm.weight", c.d, $"embedding_length {c.d}"),
            Attention = AttentionWeights.ReadNormed(w, c),
            FfnNorm = w.Vector("ffn_norm.weight", c.d, $"embedding_length {c.d}"),
            FeedForward = FeedForwardWeights.Read(w, c),
        };
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<RopeAngles> Angles(State s) => _angles;

    /// <inheritdoc/>
    protected override Tensor Layer(State s, int i, Tensor x, Tensor[] turns, Packing packing)
    {
        LayerWeights L = W.Layers[i];
        Tensor attn_norm = Norm(s, x, L.AttnNorm, "attn_norm", i);                                 // (T, d)
        (Tensor Q, Tensor K, Tensor V) = RotaryAttention.Project(s, i, L.Attention, C, attn_norm, turns[0]); // (T, H·d_k), 2 × (T, G·d_k)
        (Q, x) = Wanted(s, i, packing, Q, x);
        Tensor kqv_out = packing.Attend(s, i, Q, K, V, C.Attention);                               // (T, H·d_k)
        Tensor attn_output = NamedSteps.Product(s, L.Attention.AttnOutput, kqv_out, null, i);      // (T, d)
        Tensor ffn_inp = Add(s, x, attn_output, "ffn_inp", i);                                     // (T, d)
        Tensor ffn_norm = Norm(s, ffn_inp, L.FfnNorm, "ffn_norm", i);                              // (T, d)
        return Add(s, ffn_inp, GatedFeedForward.SwiGlu(s, i, L.FeedForward, ffn_norm), "l_out", i);
    }
}
