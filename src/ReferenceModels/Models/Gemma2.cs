using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// Gemma 2: Gemma Team 2024, "Gemma 2: Improving Open Language Models at a Practical Size", https://arxiv.org/abs/2408.00118 (section 2):
/// every other layer sees only a window, blocks are normalized before and after, and scores and logits are capped by c·tanh(z/c).
/// </summary>
/// <remarks>
/// Each layer: x ← x + Norm(W_o·Attention(Norm(x))), then x ← x + Norm(W_down·(GELU(W_gate·Norm(x)) ⊙ W_up·Norm(x))). RoPE pairs the two
/// halves of a head; the embedding is scaled by √d and is also the output matrix.
/// </remarks>
internal sealed class Gemma2 : GemmaDecoder
{
    /// <summary>The architecture's name in a file.</summary>
    public const string Architecture = "gemma2";

    // Layers of the 27B model, whose queries are scaled differently.
    private const int LayersOfLargest = 46;

    private Gemma2(GemmaConfig config, RotaryWeights<GemmaWeights> weights) : base(config, weights) { }

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a Gemma 2.</exception>
    public static Gemma2 Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        GemmaConfig config = ReadConfig(file.Metadata, vocabulary);
        var reader = new WeightReader(file, trainable);
        RotaryWeights<GemmaWeights> weights = RotaryWeights<GemmaWeights>.Read(reader, config.Shared, (w, c) => GemmaWeights.Read(w, c, AttentionWeights.Read));
        reader.RequireAllUsed();
        return new Gemma2(config, weights) { Parameters = reader.Given };
    }

    private static GemmaConfig ReadConfig(GgufMetadata metadata, int vocabulary)
    {
        RotaryConfig c = RotaryConfig.Read(metadata, Architecture, vocabulary, RopePairs.Halves, partly: true).Dense(metadata);
        var read = new ConfigReader(metadata, Architecture);
        return new GemmaConfig(c)
        {
            Window = read.Positive("attention.sliding_window", 4096),
            Local = GemmaConfig.LocalLayers(metadata, c, period: 2),
            LocalBase = read.Float("rope.freq_base_swa", c.RopeBase),
            // In local layers llama.cpp divides by the factor whatever the scaling type is.
            LocalScaling = c.RopeScaling.Kind == RopeScalingKind.None ? c.RopeScaling with { Kind = RopeScalingKind.Linear } : c.RopeScaling,
            ScoreCap = MathF.Abs(read.Float("attn_logit_softcapping", 50)),
            LogitCap = MathF.Abs(read.Float("final_logit_softcapping", 30)),
        };
    }

    /// <inheritdoc/>
    protected override Tensor Layer(State s, int i, Tensor x, Tensor[] turns, Packing packing)
    {
        GemmaWeights L = W.Layers[i];
        Tensor attn_norm = Norm(s, x, L.AttnNorm, "attn_norm", i);                                 // (T, d)
        var scaled = new ScaledQueries(Gemma.QueryScale(LayersOfLargest), $"scale(Qcur-{i})");
        (Tensor Q, Tensor K, Tensor V) = RotaryAttention.Project(                                  // (T, H·d_k), 2 × (T, G·d_k)
            s, i, L.Attention, C, attn_norm, turns[Gemma.Local[i] ? 1 : 0], scaled, windows: true);
        (Q, x) = Wanted(s, i, packing, Q, x);
        Tensor kqv_out = packing.Attend(s, i, Q, K, V, Gemma.Attention(i));                        // (T, H·d_k)
        Tensor attn_output = NamedSteps.Product(s, L.Attention.AttnOutput, kqv_out, null, i);      // (T, d)
        Tensor sa_out = Add(s, x, Norm(s, attn_output, L.AttnPostNorm, "attn_post_norm", i), "sa_out", i); // (T, d)
        Tensor ffn_norm = Norm(s, sa_out, L.FfnNorm, "ffn_norm", i);                               // (T, d)
        Tensor ffn_out = GatedFeedForward.GeGlu(s, i, L.FeedForward, ffn_norm);                    // (T, d)
        // llama.cpp assigns this norm to no layer.
        Tensor ffn_post_norm = NamedSteps.RmsNorm(s, ffn_out, L.FfnPostNorm, C.Epsilon, "ffn_post_norm", -1, inner: -1); // (T, d)
        return Add(s, sa_out, ffn_post_norm, "l_out", i);
    }
}
