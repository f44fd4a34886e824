using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>The weights of a mixture of experts in a layer, (out, in) each.</summary>
internal sealed record ExpertWeights
{
    public required Weight FfnGateInp { get; init; }   // (E, d): the router
    public required Weight FfnGateExps { get; init; }  // (E·f, d)
    public required Weight FfnUpExps { get; init; }    // (E·f, d)
    public required Weight FfnDownExps { get; init; }  // (E·d, f)

    public static ExpertWeights Read(WeightReader w, RotaryConfig c, ExpertConfig e)
    {
        string fromF = $"embedding_length {c.d}, expert width {e.f} and expert_count {e.E}";
        return new ExpertWeights
        {
            FfnGateInp = w.Matrix("ffn_gate_inp.weight", e.E, c.d, $"embedding_length {c.d} and expert_count {e.E}"),
            FfnGateExps = w.Experts("ffn_gate_exps.weight", e.E, e.f, c.d, fromF),
            FfnUpExps = w.Experts("ffn_up_exps.weight", e.E, e.f, c.d, fromF),
            FfnDownExps = w.Experts("ffn_down_exps.weight", e.E, c.d, e.f, fromF),
        };
    }
}
