using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// Qwen2: Yang et al. 2024, "Qwen2 Technical Report", https://arxiv.org/abs/2407.10671 (section 2.2.1), and Qwen2.5
/// (https://arxiv.org/abs/2412.15115): a LLaMA with biases for queries, keys and values.
/// </summary>
/// <remarks>
/// Each layer: x ← x + W_o·Attention(Norm(x)), then x ← x + W_down·SwiGLU(W_gate·Norm(x), W_up·Norm(x)). RoPE pairs the two halves of a head.
/// </remarks>
internal sealed class Qwen2 : RotaryDecoder<Qwen2.LayerWeights>
{
    /// <summary>The architecture's name in a file.</summary>
    public const string Architecture = "qwen2";

    private readonly RopeAngles[] _angles;

    private Qwen2(RotaryConfig config, RotaryWeights<LayerWeights> weights) : base(config, weights) =>
        _angles = [new RopeAngles(C.Rotated, C.RopeBase, C.RopeScaling, [], C.Pairs)];

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a Qwen2.</exception>
    public static Qwen2 Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        RotaryConfig config = RotaryConfig.Read(file.Metadata, Architecture, vocabulary, RopePairs.Halves).Dense(file.Metadata);
        var reader = new WeightReader(file, trainable);
        RotaryWeights<LayerWeights> weights = RotaryWeights<LayerWeights>.Read(reader, config, LayerWeights.Read) with
        {
            OutputBias = reader.OptionalVector("output.bias", config.V),
        };
        reader.RequireAllUsed();
        return new Qwen2(config, weights) { Parameters = reader.Given };
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
            Attention = AttentionWeights.Read(w, c),
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
