using System.Globalization;
using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>How much of a model inputs have exercised. A value is null if the model has no such part, or if it is unknown.</summary>
public sealed record CoverageReport
{
    /// <summary>Inputs that went through the model.</summary>
    [JsonPropertyName("samples")]
    public required long Samples { get; init; }

    /// <summary>Their tokens, together.</summary>
    [JsonPropertyName("tokens")]
    public required long Tokens { get; init; }

    /// <summary>Rows of the embedding that were looked up.</summary>
    [JsonPropertyName("rows_used")]
    public required int RowsUsed { get; init; }

    /// <summary>Rows there are: V.</summary>
    [JsonPropertyName("rows")]
    public required int Rows { get; init; }

    /// <summary>Tokens of the longest input: the positions 0 to one less.</summary>
    [JsonPropertyName("positions_reached")]
    public required int PositionsReached { get; init; }

    /// <summary>The same for an encoder–decoder's sources.</summary>
    [JsonPropertyName("source_positions_reached"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? SourcePositionsReached { get; init; }

    /// <summary>Positions there are: the context's length.</summary>
    [JsonPropertyName("positions")]
    public required int Positions { get; init; }

    /// <summary>Heads of a layer that had more than one position to attend to. Every token goes through all heads, but with a single position
    /// each head gives it all its attention, whatever its queries and keys are.</summary>
    [JsonPropertyName("heads_exercised"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? HeadsExercised { get; init; }

    /// <summary>Heads of a layer.</summary>
    [JsonPropertyName("heads"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Heads { get; init; }

    /// <summary>As <see cref="HeadsExercised"/>, of the heads of keys and values.</summary>
    [JsonPropertyName("key_value_heads_exercised"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? KeyValueHeadsExercised { get; init; }

    /// <summary>Heads of keys and values of a layer.</summary>
    [JsonPropertyName("key_value_heads"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? KeyValueHeads { get; init; }

    /// <summary>Segments that occurred, of 2, in a model that tells the two sentences of a pair apart.</summary>
    [JsonPropertyName("segments_used"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? SegmentsUsed { get; init; }

    /// <summary>Experts of a layer.</summary>
    [JsonPropertyName("experts"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Experts { get; init; }

    /// <summary>Layers with experts. Null if no sample recorded which ones were chosen: the ids do not show it, only the managed reference does.</summary>
    [JsonPropertyName("expert_layers"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ExpertLayers { get; init; }

    /// <summary>Experts that were chosen for a token at least once, of all layers together; null as <see cref="ExpertLayers"/>.</summary>
    [JsonPropertyName("experts_exercised"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ExpertsExercised { get; init; }

    /// <summary>Adapters whose scale is not 0: these take part in every token.</summary>
    [JsonPropertyName("adapters_exercised"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? AdaptersExercised { get; init; }

    /// <summary>Adapters the model was loaded with.</summary>
    [JsonPropertyName("adapters"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Adapters { get; init; }

    /// <summary>What no input has exercised yet, in words; empty if there is nothing left.</summary>
    [JsonPropertyName("not_exercised")]
    public string NotExercised => string.Join(", ", Gaps());

    /// <summary>What was exercised, and what was not, in a sentence or two.</summary>
    public string ToText()
    {
        string gaps = NotExercised;
        return $"Coverage: {string.Join(", ", Used())}." + (gaps.Length == 0 ? "" : $" Not exercised: {gaps}. No result can show a fault there.");
    }

    private IEnumerable<string> Used()
    {
        yield return Invariant($"{RowsUsed} of {Rows} embedding rows ({Share()} %)");
        yield return Invariant($"{PositionsReached} of {Positions} positions");
        if (SourcePositionsReached is { } source)
        {
            yield return Invariant($"{source} of the source");
        }
        if (Heads is { } heads)
        {
            yield return Invariant($"{HeadsExercised} of {heads} heads{(KeyValueHeads is { } shared && shared != heads ? Invariant($" ({KeyValueHeadsExercised} of {shared} key/value heads)") : "")}");
        }
        if (SegmentsUsed is { } segments)
        {
            yield return Invariant($"{segments} of 2 segments");
        }
        if (Adapters is { } adapters)
        {
            yield return Invariant($"{AdaptersExercised} of {adapters} {(adapters == 1 ? "adapter" : "adapters")}");
        }
        if (Experts is { } experts)
        {
            yield return ExpertLayers is { } layers
                ? Invariant($"{ExpertsExercised} of {layers * experts} experts{(layers > 1 ? Invariant($" ({experts} in each of {layers} layers)") : "")}")
                : Invariant($"which of the {experts} experts of a layer is not known");
        }
    }

    private IEnumerable<string> Gaps()
    {
        if (RowsUsed < Rows)
        {
            // A row shared with the output is exercised there. Whether it was also looked up is not recorded.
            yield return Invariant($"the lookup of {(RowsUsed == 0 ? "all" : "the other")} {Rows - RowsUsed} rows");
        }
        if (PositionsReached < Positions)
        {
            yield return Invariant($"positions from {PositionsReached} on");
        }
        if (SourcePositionsReached < Positions)
        {
            yield return Invariant($"those of the source from {SourcePositionsReached} on");
        }
        if (HeadsExercised < Heads)
        {
            yield return "queries and keys: no token had another to look at";
        }
        if (SegmentsUsed < 2)
        {
            yield return SegmentsUsed == 0 ? "both segments" : "the second segment";
        }
        if (ExpertLayers * Experts - ExpertsExercised is > 0 and var idle)
        {
            yield return Invariant($"{idle} {(idle == 1 ? "expert" : "experts")}");
        }
        if (AdaptersExercised < Adapters)
        {
            yield return Invariant($"{Adapters - AdaptersExercised} {(Adapters - AdaptersExercised == 1 ? "adapter" : "adapters")}{(Samples > 0 ? " with scale 0" : "")}");
        }
    }

    // Never 100 if a row is missing, and never 0 if one is used.
    private string Share()
    {
        double share = Rows == 0 ? 0 : 100.0 * RowsUsed / Rows;
        return share is 0 or 100 ? share.ToString("0", CultureInfo.InvariantCulture)
            : share < 0.1 ? share.ToString("0.###", CultureInfo.InvariantCulture) : Math.Min(99.9, share).ToString("0.#", CultureInfo.InvariantCulture);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
