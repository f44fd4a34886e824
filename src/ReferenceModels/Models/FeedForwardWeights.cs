using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>The weights of the gated feed-forward in a layer of LLaMA or a descendant, (out, in) each.</summary>
internal sealed record FeedForwardWeights
{
    public required Weight FfnGate { get; init; }      // (f, d)
    public required Weight FfnUp { get; init; }        // (f, d)
    public required Weight FfnDown { get; init; }      // (d, f)
    public Weight? FfnGateBias { get; init; }          // (f)
    public Weight? FfnUpBias { get; init; }            // (f)
    public Weight? FfnDownBias { get; init; }          // (d)

    public static FeedForwardWeights Read(WeightReader w, RotaryConfig c)
    {
        string fromF = $"embedding_length {c.d} and feed_forward_length {c.f}";
        return new FeedForwardWeights
        {
            FfnGate = w.Matrix("ffn_gate.weight", c.f, c.d, fromF),
            FfnUp = w.Matrix("ffn_up.weight", c.f, c.d, fromF),
            FfnDown = w.Matrix("ffn_down.weight", c.d, c.f, fromF),
        };
    }

    /// <summary>The same, with biases if there are any.</summary>
    public static FeedForwardWeights ReadBiased(WeightReader w, RotaryConfig c) => Read(w, c) with
    {
        FfnGateBias = w.OptionalVector("ffn_gate.bias", c.f),
        FfnUpBias = w.OptionalVector("ffn_up.bias", c.f),
        FfnDownBias = w.OptionalVector("ffn_down.bias", c.d),
    };
}
