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

/// <summary>Rows that were compared beside the logits or the embeddings of the tokens.</summary>
/// <param name="Name">Such as <c>encoder rows</c>, <c>mean embedding</c> or <c>rank scores</c>.</param>
/// <param name="Rows">How many.</param>
/// <param name="Width">Numbers of a row.</param>
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

/// <summary>The smallest changes of the native logits that would have turned this pass into a fail for certain, on top of
/// the difference that was there.</summary>
/// <param name="OneLogit">|Δ| of a single logit.</param>
/// <param name="OnePosition">RMS of Δ over the logits of a single position.</param>
/// <param name="AllLogits">RMS of Δ over all logits of all positions.</param>
public sealed record SmallestFault(
    [property: JsonPropertyName("one_logit")] double OneLogit,
    [property: JsonPropertyName("one_position")] double OnePosition,
    [property: JsonPropertyName("all_logits")] double AllLogits);

/// <summary>The first position at which two models go further apart than the tolerance allows.</summary>
/// <param name="Position">The position, from 0.</param>
/// <param name="MaxAbsDiff">max |a − b| of its row; null where a side is not finite.</param>
/// <param name="Nmse">Its row's Σ(a − b)² / Σb²; null where it cannot be had.</param>
public sealed record ParityDivergence(
    [property: JsonPropertyName("position")] int Position,
    [property: JsonPropertyName("max_abs_diff")] double? MaxAbsDiff,
    [property: JsonPropertyName("nmse")] double? Nmse);

/// <summary>One activation of both sides.</summary>
/// <param name="Name">llama.cpp's name.</param>
/// <param name="Op">ggml's operation.</param>
/// <param name="Occurrence">Names repeat: 0 for the first of this name and operation.</param>
/// <param name="Nmse">Σ(a − b)² / Σb²; null where only one side has it.</param>
/// <param name="MaxAbsDiff">max |a − b|; null where only one side has it.</param>
/// <param name="Status">Such as <c>ok</c>, <c>diverges</c> or <c>UNMEASURED</c>.</param>
public sealed record ParityLayer(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("op")] string Op,
    [property: JsonPropertyName("occurrence")] int Occurrence,
    [property: JsonPropertyName("nmse")] double? Nmse,
    [property: JsonPropertyName("max_abs_diff")] double? MaxAbsDiff,
    [property: JsonPropertyName("status")] string Status);
