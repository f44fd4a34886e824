using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// Mixtral: Jiang et al. 2024, "Mixtral of Experts", https://arxiv.org/abs/2401.04088: a LLaMA with a mixture of experts in place of the
/// feed-forward. In GGUF it is a <c>llama</c> with an expert_count.
/// </summary>
/// <remarks>
/// Each layer: x ← x + W_o·Attention(Norm(x)), then x ← x + Σ_j w_j·SwiGLU_j(Norm(x)) over the k experts that the router chooses.
/// </remarks>
internal sealed class Mixtral : RotaryDecoder<Mixtral.LayerWeights>
{
    private readonly ExpertConfig _experts;
    private readonly RopeAngles[] _angles;

    private Mixtral(RotaryConfig config, ExpertConfig experts, RotaryWeights<LayerWeights> weights, Weight? ropeFactors) : base(config, weights)
    {
        _experts = experts;
        _angles = [new RopeAngles(C.Rotated, C.RopeBase, C.RopeScaling, ropeFactors is null ? [] : ropeFactors.AsVector(), C.Pairs)];
    }

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a Mixtral.</exception>
    /// <exception cref="UnsupportedRequestException">They describe a model that is not implemented here.</exception>
    public static Mixtral Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        RotaryConfig config = RotaryConfig.Read(file.Metadata, Llama.Architecture, vocabulary, RopePairs.Neighbours).Dense(file.Metadata);
        ExpertConfig experts = ExpertConfig.Read(file.Metadata, config, ownWidth: false, _ => config.f);
        var reader = new WeightReader(file, trainable);
        RotaryWeights<LayerWeights> weights = RotaryWeights<LayerWeights>.Read(reader, config, (w, c) => LayerWeights.Read(w, c, experts));
        Weight? ropeFactors = reader.OptionalConstant("rope_freqs.weight", config.d_k / 2, $"half of head_dim {config.d_k}");
        reader.RequireAllUsed();
        return new Mixtral(config, experts, weights, ropeFactors) { Parameters = reader.Given };
    }

    /// <summary>One layer's weights.</summary>
    internal sealed record LayerWeights
    {
        public required Weight AttnNorm { get; init; }     // (d)
        public required AttentionWeights Attention { get; init; }
        public required Weight FfnNorm { get; init; }      // (d)
        public required ExpertWeights Experts { get; init; }

        public static LayerWeights Read(WeightReader w, RotaryConfig c, ExpertConfig experts) => new()
        {
            AttnNorm = w.Vector("attn_norm.weight", c.d, $"embedding_length {c.d}"),
            Attention = AttentionWeights.Read(w, c) with { AttnOutputBias = w.OptionalVector("attn_output.bias", c.d) },
            FfnNorm = w.Vector("ffn_norm.weight", c.d, $"embedding_length {c.d}"),
            Experts = ExpertWeights.Read(w, c, experts),
        };
    }

    /// <inheritdoc/>
    protected override long FeedForwardFloats => (3L * _experts.f + 2L * C.d) * _experts.k + 3L * _experts.E;

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
        return Add(s, ffn_inp, MixtureOfExperts.Forward(s, i, L.Experts, _experts.k, ffn_norm), "l_out", i);
    }
}
