using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>One layer's weights of Gemma 2 and 3. Files hold 1 + w where the papers' norms have w.</summary>
internal sealed record GemmaWeights
{
    public required Weight AttnNorm { get; init; }     // (d)
    public required AttentionWeights Attention { get; init; }
    public required Weight AttnPostNorm { get; init; } // (d)
    public required Weight FfnNorm { get; init; }      // (d)
    public required FeedForwardWeights FeedForward { get; init; }
    public required Weight FfnPostNorm { get; init; }  // (d)

    /// <summary>Reads the weights, those of attention with <paramref name="attention"/>.</summary>
    public static GemmaWeights Read(WeightReader w, RotaryConfig c, Func<WeightReader, RotaryConfig, AttentionWeights> attention)
    {
        string fromD = $"embedding_length {c.d}";
        return new GemmaWeights
        {
            AttnNorm = w.Vector("attn_norm.weight", c.d, fromD),
            Attention = attention(w, c),
            AttnPostNorm = w.Vector("post_attention_norm.weight", c.d, fromD),
            FfnNorm = w.Vector("ffn_norm.weight", c.d, fromD),
            FeedForward = FeedForwardWeights.Read(w, c),
            FfnPostNorm = w.Vector("post_ffw_norm.weight", c.d, fromD),
        };
    }
}

/// <summary>What Gemma 2 and 3 share beyond a LLaMA: embeddings scaled by √d, and a soft cap of the logits, c·tanh(z/c).</summary>
internal abstract class GemmaDecoder(GemmaConfig config, RotaryWeights<GemmaWeights> weights) : RotaryDecoder<GemmaWeights>(config.Shared, weights)
{
    private readonly RopeAngles[] _angles = config.Angles();

    /// <summary>The sizes, and what a Gemma adds to them.</summary>
    protected GemmaConfig Gemma { get; } = config;

    /// <inheritdoc/>
    public override Tensor Logits(State s, Tensor result_norm)
    {
        float c = Gemma.LogitCap;
        if (c == 0)
        {
            return base.Logits(s, result_norm);
        }
        // llama.cpp names only the last of these steps.
        string name = NamedSteps.NameOfProduct(W.Output);
        Tensor z = NamedSteps.Product(s, W.Output, result_norm, null, -1);                         // (rows, V)
        z = Scale.Forward(s.Pass, z, 1 / c);
        s.Tap?.Take($"scale({name})", -1, "SCALE", z);
        z = Tanh.Forward(s.Pass, z);
        s.Tap?.Take($"unary(scale({name}))", -1, "UNARY", z);
        z = Scale.Forward(s.Pass, z, c);
        s.Tap?.Take("result_output", -1, "SCALE", z);
        return z;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<RopeAngles> Angles(State s) => _angles;

    /// <inheritdoc/>
    protected override Tensor Embed(State s, ReadOnlySpan<int> tokens)
    {
        Tensor inp_scaled = Scale.Forward(s.Pass, base.Embed(s, tokens), MathF.Sqrt(C.d));         // (T, d)
        s.Tap?.Take("inp_scaled", -1, "SCALE", inp_scaled);
        return inp_scaled;
    }
}
