using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// LLaMA: Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models", https://arxiv.org/abs/2302.13971
/// (section 2.2), with the grouped-query attention of Llama 2 (https://arxiv.org/abs/2307.09288) and the stretched rotary
/// frequencies of Llama 3.1 (https://arxiv.org/abs/2407.21783).
/// </summary>
/// <remarks>
/// Each layer: x ← x + W_o·Attention(Norm(x)), then x ← x + W_down·SwiGLU(W_gate·Norm(x), W_up·Norm(x)).
/// <para>Mistral 7B (Jiang et al. 2023, https://arxiv.org/abs/2310.06825) is a LLaMA of other sizes, also in GGUF. Its files do not contain the
/// first version's sliding window, and llama.cpp would ignore it: queries see all positions before their own.</para>
/// </remarks>
internal sealed class Llama : RotaryDecoder<Llama.LayerWeights>
{
    /// <summary>The architecture's name in a file.</summary>
    public const string Architecture = "llama";

    private readonly RopeAngles[] _angles;

    private Llama(RotaryConfig config, RotaryWeights<LayerWeights> weights, Weight? ropeFactors) : base(config, weights) =>
        _angles = [new RopeAngles(C.Rotated, C.RopeBase, C.RopeScaling, ropeFactors is null ? [] : ropeFactors.AsVector(), C.Pairs)];

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a LLaMA.</exception>
    public static Llama Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        RotaryConfig config = RotaryConfig.Read(file.Metadata, Architecture, vocabulary, RopePairs.Neighbours).Dense(file.Metadata);
        var reader = new WeightReader(file, trainable);
        RotaryWeights<LayerWeights> weights = RotaryWeights<LayerWeights>.Read(reader, config, LayerWeights.Read);
        Weight? ropeFactors = reader.OptionalConstant("rope_freqs.weight", config.d_k / 2, $"half of head_dim {config.d_k}");
        reader.RequireAllUsed();
        return new Llama(config, weights, ropeFactors) { Parameters = reader.Given };
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
            Attention = AttentionWeights.Read(w, c) with { AttnOutputBias = w.OptionalVector("attn_output.bias", c.d) },
            FfnNorm = w.Vector("ffn_norm.weight", c.d, $"embedding_length {c.d}"),
            FeedForward = FeedForwardWeights.ReadBiased(w, c),
        };
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<RopeAngles> Angles(State s) => _angles;

    /// <inheritdoc/>
    protected override Tensor Layer(State s, int i, Tensor x, Tensor[] turns, Packing packing)
    {
        LayerWeights L = W.Layers[i];
        AttentionWeights A = L.Attention;
        Tensor attn_norm = Norm(s, x, L.AttnNorm, "attn_norm", i);                                 // (T, d)
        (Tensor Q, Tensor K, Tensor V) = RotaryAttention.Project(s, i, A, C, attn_norm, turns[0]); // (T, H·d_k), 2 × (T, G·d_k)
        (Q, x) = Wanted(s, i, packing, Q, x);
        Tensor kqv_out = packing.Attend(s, i, Q, K, V, C.Attention);                               // (T, H·d_k)
        Tensor attn_out = A.AttnOutputBias is { } b                                                // (T, d)
            ? NamedSteps.Linear(s, A.AttnOutput, b, kqv_out, null, "attn_out", i) : NamedSteps.Product(s, A.AttnOutput, kqv_out, "attn_out", i);
        Tensor ffn_inp = Add(s, x, attn_out, "ffn_inp", i);                                        // (T, d)
        Tensor ffn_norm = Norm(s, ffn_inp, L.FfnNorm, "ffn_norm", i);                              // (T, d)
        return Add(s, ffn_inp, GatedFeedForward.SwiGlu(s, i, L.FeedForward, ffn_norm), "l_out", i);
    }
}
