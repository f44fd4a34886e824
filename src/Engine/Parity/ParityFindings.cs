using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>One of the two models of a report.</summary>
/// <param name="Backend">Name of the backend.</param>
/// <param name="Device">The device it ran on.</param>
/// <param name="FileType">The dominant tensor type.</param>
/// <param name="Path">The file.</param>
public sealed record ParitySide(
    [property: JsonPropertyName("backend")] string Backend,
    [property: JsonPropertyName("device")] string Device,
    [property: JsonPropertyName("file_type")] string FileType,
    [property: JsonPropertyName("path")] string Path)
{
    internal static ParitySide Of(ModelCard card) => new(card.Backend, card.Device, card.FileType, card.Path);
}

/// <summary>Rows that were compared in addition to the logits or the embeddings of the tokens.</summary>
/// <param name="Name">Their name, such as <c>encoder rows</c>, <c>mean embedding</c> or <c>rank scores</c>.</param>
/// <param name="Rows">How many there are.</param>
/// <param name="Width">How many numbers a row has.</param>
/// <param name="RmsReference">√ of the mean b².</param>
/// <param name="MaxAbsDiff">max |a − b|.</param>
/// <param name="MaxRelDiff">max |a − b| in units of the RMS.</param>
/// <param name="Nmse">Σ(a − b)² / Σb².</param>
public sealed record ParityRows(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("rows")] int Rows,
    [property: JsonPropertyName("width")] int Width,
    [property: JsonPropertyName("rms_reference")] double? RmsReference,
    [property: JsonPropertyName("max_abs_diff")] double? MaxAbsDiff,
    [property: JsonPropertyName("max_rel_diff")] double? MaxRelDiff,
    [property: JsonPropertyName("nmse")] double? Nmse);

/// <summary>The smallest changes of the native logits, on top of the existing difference, that would certainly have turned
/// this pass into a fail.</summary>
/// <param name="OneLogit">|Δ| of a single logit.</param>
/// <param name="OnePosition">RMS of Δ over the logits of a single position.</param>
/// <param name="AllLogits">RMS of Δ over all logits of all positions.</param>
public sealed record SmallestFault(
    [property: JsonPropertyName("one_logit")] double OneLogit,
    [property: JsonPropertyName("one_position")] double OnePosition,
    [property: JsonPropertyName("all_logits")] double AllLogits);

/// <summary>Where two models first differ by more than the tolerance allows.</summary>
/// <param name="Position">The position, from 0.</param>
/// <param name="MaxAbsDiff">max |a − b| of its row, or of the op; null if a side is not finite.</param>
/// <param name="Nmse">Σ(a − b)² / Σb² of its row, or of the op; null if it cannot be computed.</param>
public sealed record ParityDivergence(
    [property: JsonPropertyName("position")] int Position,
    [property: JsonPropertyName("max_abs_diff")] double? MaxAbsDiff,
    [property: JsonPropertyName("nmse")] double? Nmse)
{
    /// <summary>llama.cpp's name of the first diverging activation; null if the ops were not compared.</summary>
    [JsonPropertyName("name"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>ggml's operation that made it.</summary>
    [JsonPropertyName("op"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Op { get; init; }

    /// <summary>Which of the activations of this name and operation, from 0.</summary>
    [JsonPropertyName("occurrence"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Occurrence { get; init; }

    /// <summary><c>encoder</c> or <c>decoder</c> in a model that has both.</summary>
    [JsonPropertyName("part"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Part { get; init; }

    /// <summary>The layer it is in, even if the name does not say; null before the first and after the last.</summary>
    [JsonPropertyName("layer"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Layer { get; init; }
}

/// <summary>One activation of both sides. In the replay, the reference's op had the inputs of the native one, so the difference
/// is this op's own; side by side, it includes the differences of all ops before it.</summary>
/// <param name="Name">llama.cpp's name.</param>
/// <param name="Op">ggml's operation.</param>
/// <param name="Occurrence">Names repeat: 0 for the first with this name and operation.</param>
/// <param name="Nmse">Σ(a − b)² / Σb² in the replay; null if only one side has it.</param>
/// <param name="MaxAbsDiff">max |a − b| in the replay; null if only one side has it.</param>
/// <param name="Status"><c>ok</c>, <c>diverges</c>, <c>shape</c> (the sides' shapes differ), or <c>UNMEASURED</c> where only one side has it.</param>
public sealed record ParityLayer(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("op")] string Op,
    [property: JsonPropertyName("occurrence")] int Occurrence,
    [property: JsonPropertyName("nmse")] double? Nmse,
    [property: JsonPropertyName("max_abs_diff")] double? MaxAbsDiff,
    [property: JsonPropertyName("status")] string Status)
{
    /// <summary><c>encoder</c> or <c>decoder</c> in a model that has both.</summary>
    [JsonPropertyName("part"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Part { get; init; }

    /// <summary>The side that has it, <c>native</c> or <c>reference</c>, where only one does.</summary>
    [JsonPropertyName("only"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Only { get; init; }

    /// <summary>The largest |a − b| in units of the RMS of its row, in the replay.</summary>
    [JsonPropertyName("worst_element"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? WorstElement { get; init; }

    /// <summary>The NMSE that this op may have in the replay.</summary>
    [JsonPropertyName("nmse_limit"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? NmseLimit { get; init; }

    /// <summary>The largest <see cref="WorstElement"/> that this op may have.</summary>
    [JsonPropertyName("element_limit"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ElementLimit { get; init; }

    /// <summary>NMSE side by side.</summary>
    [JsonPropertyName("side_by_side_nmse"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SideBySideNmse { get; init; }

    /// <summary>max |a − b| side by side.</summary>
    [JsonPropertyName("side_by_side_max_abs_diff"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SideBySideMaxAbsDiff { get; init; }

    /// <summary>The layer, or null before the first and after the last.</summary>
    [JsonPropertyName("layer"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Layer { get; init; }
}
