using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>How far apart two engines are: the worst case over some inputs.</summary>
/// <param name="Engine">The one engine.</param>
/// <param name="From">The other engine, whose rows everything is relative to.</param>
/// <param name="Whole">The largest value of the judged metric over all positions of an input.</param>
/// <param name="Row">The largest value of the judged metric over a single position.</param>
/// <param name="Number">The largest |a − b| in units of the RMS of its row.</param>
/// <param name="Nmse">The largest Σ(a − b)² / Σb² of an input.</param>
/// <param name="MaxRelDiff">The largest max |a − b| / RMS of an input.</param>
internal sealed record EngineDistance(
    [property: JsonPropertyName("engine")] string Engine,
    [property: JsonPropertyName("from")] string From,
    [property: JsonPropertyName("whole")] double Whole,
    [property: JsonPropertyName("row")] double Row,
    [property: JsonPropertyName("number")] double Number,
    [property: JsonPropertyName("nmse")] double Nmse,
    [property: JsonPropertyName("max_rel_diff")] double MaxRelDiff)
{
    /// <summary>Whether it is part of the floor. An engine that computes in other numerics is measured, but does not count.</summary>
    [JsonPropertyName("counts")]
    public bool Counts { get; init; } = true;

    /// <summary>The worse of this distance and another input's measures.</summary>
    public EngineDistance Widen(RowMeasures measures) => this with
    {
        Whole = Math.Max(Whole, measures.Judged ?? 0),
        Row = Math.Max(Row, measures.WorstRow.Value),
        Number = Math.Max(Number, measures.WorstNumber.Value),
        Nmse = Math.Max(Nmse, measures.Nmse ?? 0),
        MaxRelDiff = Math.Max(MaxRelDiff, measures.MaxRelDiff ?? 0),
    };
}
