using Engine.Parity;

namespace Engine.Shadow;

/// <summary>The result of checking one generation. A number that could not be computed because a side was not finite is null.</summary>
public sealed record ShadowRecord
{
    /// <summary>When the request ended.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The trace of the request if it has one, otherwise a new id.</summary>
    public required string RequestId { get; init; }

    /// <summary>Name of the model that answered.</summary>
    public required string Model { get; init; }

    /// <summary>Name of the model that judged.</summary>
    public required string Oracle { get; init; }

    /// <summary>How exactly the answer was computed.</summary>
    public required Numerics Numerics { get; init; }

    /// <summary>Steps that were compared.</summary>
    public required int Positions { get; init; }

    /// <summary>The steps of which all V logits were compared; of the others, only the largest were.</summary>
    public required int FullRows { get; init; }

    /// <summary>Mean over the full rows of KL(oracle ‖ model), in nats.</summary>
    public required double? Kl { get; init; }

    /// <summary>The share of all steps in which both have the same most probable token.</summary>
    public required double? TopOne { get; init; }

    /// <summary>Σ(a − b)² / Σb² over the full rows, b the oracle's.</summary>
    public required double? Nmse { get; init; }

    /// <summary>max |a − b| over all logits compared.</summary>
    public required double? MaxAbsolute { get; init; }

    /// <summary>Whether the answer is correct, as far as the check can see.</summary>
    public required ParityVerdict Verdict { get; init; }

    /// <summary>The tolerance.</summary>
    public required Tolerance Tolerance { get; init; }

    /// <summary>Where the tolerance comes from.</summary>
    public required ToleranceSource ToleranceSource { get; init; }

    /// <summary>The reason for the verdict and, if it raised an alarm, the op that diverges.</summary>
    public required string Reason { get; init; }

    /// <summary>Token ids of the prompt; empty unless <see cref="ShadowOptions.KeepText"/> is set.</summary>
    public IReadOnlyList<int> PromptIds { get; init; } = [];

    /// <summary>Token ids of the answer; empty unless <see cref="ShadowOptions.KeepText"/> is set.</summary>
    public IReadOnlyList<int> AnswerIds { get; init; } = [];

    /// <summary>The answer's text; null unless <see cref="ShadowOptions.KeepText"/> is set.</summary>
    public string? AnswerText { get; init; }
}

/// <summary>Where a tolerance comes from.</summary>
public enum ToleranceSource
{
    /// <summary>From the file types of the two models.</summary>
    Formula,

    /// <summary>Measured on this machine by <c>engine validate --calibrate</c>.</summary>
    Calibration,
}
