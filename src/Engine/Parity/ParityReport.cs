using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>The result of comparing two models. Other programs rely on the JSON names.</summary>
/// <remarks>A number is null if it could not be computed because a side was not finite or there was nothing to measure.</remarks>
public sealed record ParityReport
{
    /// <summary>Whether the native side is correct, as far as this check can see.</summary>
    [JsonPropertyName("verdict")]
    public required ParityVerdict Verdict { get; init; }

    /// <summary>The reason for the verdict, in one sentence.</summary>
    [JsonPropertyName("explanation")]
    public required string Explanation { get; init; }

    /// <summary>How exactly the native side computed. In JSON it is <c>setting</c>, which programs read.</summary>
    [JsonPropertyName("setting"), JsonConverter(typeof(SnakeCaseEnum<Numerics>))]
    public required Numerics Numerics { get; init; }

    /// <summary>The side that was judged.</summary>
    [JsonPropertyName("native")]
    public required ParitySide Native { get; init; }

    /// <summary>The side it was judged by.</summary>
    [JsonPropertyName("reference")]
    public required ParitySide Reference { get; init; }

    /// <summary>The arithmetic of the reference if it is not the exact one; otherwise null.</summary>
    [JsonPropertyName("arithmetic"), JsonConverter(typeof(SnakeCaseEnum<Arithmetic>)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Arithmetic? Arithmetic { get; init; }

    /// <summary>Number of rows compared: of logits, or of token embeddings where the models have no logits.</summary>
    [JsonPropertyName("positions")]
    public required int Positions { get; init; }

    /// <summary>V; null if embeddings were compared. They are not distributions, so the numbers about distributions are null as well.</summary>
    [JsonPropertyName("vocabulary")]
    public required int? Vocabulary { get; init; }

    /// <summary>d of embeddings; null if logits were compared.</summary>
    [JsonPropertyName("dimensions"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Dimensions { get; init; }

    /// <summary>√ of the mean b² over all logits, the scale of the differences.</summary>
    [JsonPropertyName("rms_reference")]
    public double? RmsReference { get; init; }

    /// <summary>max |a − b| over all logits in units of <see cref="RmsReference"/>.</summary>
    [JsonPropertyName("max_rel_diff")]
    public double? MaxRelDiff { get; init; }

    /// <summary>max |a − b| over all logits.</summary>
    [JsonPropertyName("max_abs_diff")]
    public required double? MaxAbsDiff { get; init; }

    /// <summary>Σ(a − b)² / Σb² over all logits, b the reference.</summary>
    [JsonPropertyName("nmse")]
    public required double? Nmse { get; init; }

    /// <summary>Cosine of the angle between all logits of one side and all of the other.</summary>
    [JsonPropertyName("cosine")]
    public required double? Cosine { get; init; }

    /// <summary>Mean over positions of KL(reference ‖ native), in nats.</summary>
    [JsonPropertyName("kl_mean")]
    public required double? KlMean { get; init; }

    /// <summary>99th percentile of the same, linearly interpolated.</summary>
    [JsonPropertyName("kl_p99")]
    public required double? KlP99 { get; init; }

    /// <summary>Maximum of the same.</summary>
    [JsonPropertyName("kl_max")]
    public required double? KlMax { get; init; }

    /// <summary>The fraction of positions at which both sides have the same most probable token, from 0 to 1.</summary>
    [JsonPropertyName("same_top1")]
    public required double? SameTop1 { get; init; }

    /// <summary>Native perplexity of the tokens that follow each position.</summary>
    [JsonPropertyName("perplexity_native")]
    public required double? PerplexityNative { get; init; }

    /// <summary>The reference's perplexity of the same tokens.</summary>
    [JsonPropertyName("perplexity_reference")]
    public required double? PerplexityReference { get; init; }

    /// <summary>What was allowed, and why.</summary>
    [JsonPropertyName("tolerance")]
    public required Tolerance Tolerance { get; init; }

    /// <summary>The smallest faults this check is certain to see.</summary>
    [JsonPropertyName("smallest_fault")]
    public required SmallestFault? SmallestFault { get; init; }

    /// <summary>Which parts of the native model the input has exercised; null if that is unknown.</summary>
    [JsonPropertyName("coverage"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CoverageReport? Coverage { get; init; }

    /// <summary>Other rows that were compared and judged, such as an encoder's; null for none.</summary>
    [JsonPropertyName("also"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ParityRows>? Also { get; init; }

    /// <summary>Every op of either side, in the order of the native graph; null if the ops were not compared.</summary>
    [JsonPropertyName("layers"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ParityLayer>? Layers { get; init; }

    /// <summary>The input on which <see cref="Layers"/> were compared, and the result; null if the ops were not compared.</summary>
    [JsonPropertyName("replay"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LayerScope? Replay { get; init; }

    /// <summary>Where the two sides first diverge; null if they do not.</summary>
    [JsonPropertyName("first_divergence")]
    public required ParityDivergence? FirstDivergence { get; init; }

    /// <summary>The report with the comparison of ops added. A diverging op is named and turns the verdict into a fail.</summary>
    public ParityReport With(LayerFindings findings)
    {
        ParityDivergence? fault = findings.FirstDivergence, before = FirstDivergence;
        return this with
        {
            Verdict = fault is null ? Verdict : ParityVerdict.Fail,
            Explanation = fault is null ? $"{Explanation}; {findings.Scope.Explanation}" : findings.Scope.Explanation,
            Layers = findings.Layers,
            Replay = findings.Scope,
            SmallestFault = fault is null ? SmallestFault : null,
            // The position whose result is wrong, if there is one.
            FirstDivergence = fault is null || before is null ? fault ?? before : before with { Name = fault.Name, Op = fault.Op, Occurrence = fault.Occurrence, Part = fault.Part },
        };
    }

    /// <summary>The report as one JSON document.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ParityJson.Readable.ParityReport);

    /// <summary>The report for people, 80 columns wide, the verdict last.</summary>
    public string ToText() => ParityText.Render(this);
}

/// <summary>The outcome of a check.</summary>
[JsonConverter(typeof(SnakeCaseEnum<ParityVerdict>))]
public enum ParityVerdict
{
    /// <summary>Beyond the tolerance, or not comparable.</summary>
    Fail,

    /// <summary>Within the tolerance.</summary>
    Pass,
}

[JsonSerializable(typeof(ParityReport))]
internal sealed partial class ParityJson : JsonSerializerContext
{
    /// <summary>Indented, with Δ and Σ unescaped, because the document goes to a file or a terminal, not into a web page.</summary>
    public static ParityJson Readable { get; } =
        new(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
