using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// Phi-3: Abdin et al. 2024, "Phi-3 Technical Report", https://arxiv.org/abs/2404.14219 (section 2), and Phi-4-mini
/// (https://arxiv.org/abs/2503.01743): a LLaMA with one fused weight for queries, keys and values, and another for gate and up.
/// </summary>
/// <remarks>
/// Each layer: x ← x + W_o·Attention(Norm(x)), then x ← x + W_down·(SiLU(g) ⊙ u), (g, u) = W_up·Norm(x). RoPE pairs the two halves
/// of a head, in Phi-4-mini of only its first part.
/// <para>The long-context versions divide each rotary frequency by a factor (LongRoPE, Ding et al. 2024, https://arxiv.org/abs/2402.13753), which
/// differs for contexts within and beyond the original length. As in llama.cpp, the context's capacity decides which one applies; the transformers
/// library goes by the number of tokens. llama.cpp does not apply the sliding window in their files, and says so on loading; nor does this model.</para>
/// </remarks>
internal sealed class Phi3 : RotaryDecoder<Phi3.LayerWeights>
{
    /// <summary>The architecture's name in a file.</summary>
    public const string Architecture = "phi3";

    // llama.cpp rounds a context's capacity up to a multiple of this many tokens.
    private const int RoomStep = 256;

    private readonly RopeAngles[] _short, _long;

    private Phi3(RotaryConfig config, RotaryWeights<LayerWeights> weights, Weight? shortFactors, Weight? longFactors) : base(config, weights)
    {
        (_short, _long) = ([Angles(shortFactors)], [Angles(longFactors)]);

        RopeAngles Angles(Weight? factors) => new(C.Rotated, C.RopeBase, C.RopeScaling, factors is null ? [] : factors.AsVector(), C.Pairs);
    }

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a Phi-3.</exception>
    public static Phi3 Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        RotaryConfig config = RotaryConfig.Read(file.Metadata, Architecture, vocabulary, RopePairs.Halves, partly: true).Dense(file.Metadata);
        var reader = new WeightReader(file, trainable);
        RotaryWeights<LayerWeights> weights = RotaryWeights<LayerWeights>.Read(reader, config, LayerWeights.Read);
        string fromR = $"half of rope.dimension_count {config.Rotated}";
        Weight? shortFactors = reader.OptionalConstant("rope_factors_short.weight", config.Rotated / 2, fromR);
        Weight? longFactors = reader.OptionalConstant("rope_factors_long.weight", config.Rotated / 2, fromR);
        reader.RequireAllUsed();
        return new Phi3(config, weights, shortFactors, longFactors) { Parameters = reader.Given };
    }

    /// <summary>One layer's weights.</summary>
    internal sealed record LayerWeights
    {
        public required Weight AttnNorm { get; init; }     // (d)
        public required AttentionWeights Attention { get; init; }
        public required Weight FfnNorm { get; init; }      // (d)
        public required Weight FfnUp { get; init; }        // (2·f, d): gate, then up
        public required Weight FfnDown { get; init; }      // (d, f)

        public static LayerWeights Read(WeightReader w, RotaryConfig c) => new()
        {
            AttnNorm = w.Vector("attn_norm.weight", c.d, $"embedding_length {c.d}"),
            Attention = AttentionWeights.Read(w, c),
            FfnNorm = w.Vector("ffn_norm.weight", c.d, $"embedding_length {c.d}"),
            FfnUp = w.Matrix("ffn_up.weight", 2 * c.f, c.d, $"embedding_length {c.d} and twice feed_forward_length {c.f}"),
            FfnDown = w.Matrix("ffn_down.weight", c.d, c.f, $"embedding_length {c.d} and feed_forward_length {c.f}"),
        };
    }

    /// <inheritdoc/>
    protected override long FeedForwardFloats => 5L * C.f;

    /// <inheritdoc/>
    protected override IReadOnlyList<RopeAngles> Angles(State s) =>
        (s.Cache.Capacity + RoomStep - 1) / RoomStep * RoomStep > C.RopeScaling.OriginalContext ? _long : _short;

    /// <inheritdoc/>
    protected override Tensor Layer(State s, int i, Tensor x, Tensor[] turns, Packing packing)
    {
        LayerWeights L = W.Layers[i];
        Weight W_o = L.Attention.AttnOutput;
        Tensor attn_norm = Norm(s, x, L.AttnNorm, "attn_norm", i);                                 // (T, d)
        var scaled = new ScaledQueries(1 / MathF.Sqrt(C.d_k), $"Qcur-{i}");
        (Tensor Q, Tensor K, Tensor V) = RotaryAttention.Project(s, i, L.Attention, C, attn_norm, turns[0], scaled); // (T, H·d_k), 2 × (T, G·d_k)
        (Q, x) = Wanted(s, i, packing, Q, x);
        Tensor kqv_out = packing.Attend(s, i, Q, K, V, C.Attention with { Scale = 1 });            // (T, H·d_k)
        Tensor attn_output = NamedSteps.Product(s, W_o, kqv_out, null, i);                         // (T, d)
        // A sum that llama.cpp does not name.
        Tensor sum = Add(s, x, attn_output, $"add({NamedSteps.NameOfProduct(W_o)},{(i == 0 ? "embd" : $"l_out-{i - 1}")})", -1); // (T, d)
        Tensor ffn_norm = Norm(s, sum, L.FfnNorm, "ffn_norm", i);                                  // (T, d)
        Tensor ffn_up = NamedSteps.Product(s, L.FfnUp, ffn_norm, "ffn_up", i);                     // (T, 2·f)
        Tensor ffn_swiglu = SwiGlu.Forward(s.Pass, Columns.Take(s.Pass, ffn_up, 0, C.f), Columns.Take(s.Pass, ffn_up, C.f, C.f)); // (T, f)
        s.Tap?.Take("ffn_swiglu", i, "GLU", ffn_swiglu);
        return Add(s, sum, NamedSteps.Product(s, L.FfnDown, ffn_swiglu, "ffn_out", i), "l_out", i);
    }
}
