using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// Gemma 3: Gemma Team 2025, "Gemma 3 Technical Report", https://arxiv.org/abs/2503.19786 (section 2): five of six layers see only a
/// window and have their own rotary frequencies, and the heads of queries and keys are normalized instead of Gemma 2's soft caps.
/// </summary>
/// <remarks>
/// Each layer: x ← x + Norm(W_o·Attention(Norm(x))), then x ← x + Norm(W_down·(GELU(W_gate·Norm(x)) ⊙ W_up·Norm(x))). RoPE pairs the two
/// halves of a head; the embedding is scaled by √d.
/// </remarks>
internal sealed class Gemma3 : GemmaDecoder
{
    /// <summary>The architecture's name in a file.</summary>
    public const string Architecture = "gemma3";

    // Layers of the 27B model, whose queries are scaled differently.
    private const int LayersOfLargest = 62;

    private Gemma3(GemmaConfig config, RotaryWeights<GemmaWeights> weights) : base(config, weights) { }

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a Gemma 3.</exception>
    public static Gemma3 Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        GemmaConfig config = ReadConfig(file.Metadata, vocabulary);
        var reader = new WeightReader(file, trainable);
        RotaryWeights<GemmaWeights> weights = RotaryWeights<GemmaWeights>.Read(reader, config.Shared, (w, c) => GemmaWeights.Read(w, c, AttentionWeights.ReadNormed));
        reader.RequireAllUsed();
        return new Gemma3(config, weights) { Parameters = reader.Given };
    }

    private static GemmaConfig ReadConfig(GgufMetadata metadata, int vocabulary)
    {
        RotaryConfig c = RotaryConfig.Read(metadata, Architecture, vocabulary, RopePairs.Halves, partly: true).Dense(metadata);
        var read = new ConfigReader(metadata, Architecture);
        int window = read.Number("attention.sliding_window", 0);
        return new GemmaConfig(c)
        {
            Window = window,
            Local = window > 0 ? GemmaConfig.LocalLayers(metadata, c, period: 6) : new bool[c.N],
            LocalBase = read.Float("rope.freq_base_swa", 10_000),
            LocalScaling = new RopeScaling(RopeScalingKind.None, 1, 0, c.RopeScaling.AttentionFactor),
            LogitCap = MathF.Abs(read.Float("final_logit_softcapping", 0)),
        };
    }

    /// <inheritdoc/>
    protected override Tensor Layer(State s, int i, Tensor x, Tensor[] turns, Packing packing)
    {
        GemmaWeights L = W.Layers[i];
        Tensor attn_norm = Norm(s, x, L.AttnNorm, "attn_norm", i);                                 // (T, d)
        var scaled = new ScaledQueries(Gemma.QueryScale(LayersOfLargest), $"scale(Qcur-{i})");
        (Tensor Q, Tensor K, Tensor V) = RotaryAttention.Project(                                  // (T, H·d_k), 2 × (T, G·d_k)
            s, i, L.Attention, C, attn_norm, turns[Gemma.Local[i] ? 1 : 0], scaled, windows: Gemma.Window > 0);
        (Q, x) = Wanted(s, i, packing, Q, x);
        Tensor kqv_out = packing.Attend(s, i, Q, K, V, Gemma.Attention(i));                        // (T, H·d_k)
        Tensor attn_output = NamedSteps.Product(s, L.Attention.AttnOutput, kqv_out, null, i);      // (T, d)
        Tensor sa_out = Add(s, x, Norm(s, attn_output, L.AttnPostNorm, "attn_post_norm", i), "sa_out", i); // (T, d)
        Tensor ffn_norm = Norm(s, sa_out, L.FfnNorm, "ffn_norm", i);                               // (T, d)
        Tensor ffn_out = GatedFeedForward.GeGlu(s, i, L.FeedForward, ffn_norm);                    // (T, d)
        // llama.cpp assigns the inner norm to no layer.
        Tensor ffn_post_norm = NamedSteps.RmsNorm(s, ffn_out, L.FfnPostNorm, C.Epsilon, "ffn_post_norm", i, inner: -1); // (T, d)
        return Add(s, sa_out, ffn_post_norm, "l_out", i);
    }
}
