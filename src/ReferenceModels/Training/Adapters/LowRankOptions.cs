using Engine;

namespace ReferenceModels.Training.Adapters;

/// <summary>Trains low-rank adapters (LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685) and leaves the model's own weights
/// unchanged, whatever their format: h = W₀x + (α/r)·B·A·x.</summary>
public sealed record LowRankOptions
{
    /// <summary>Adapts every matrix in the layers.</summary>
    public const string All = "all";

    /// <summary>r.</summary>
    public required int Rank { get; init; }

    /// <summary>α; null for r, so that B·A·x is added unscaled.</summary>
    public float? Alpha { get; init; }

    /// <summary>The weights to adapt in every layer, by the file's names between the layer and <c>.weight</c>; or <see cref="All"/>. Null for
    /// queries and values, as in the paper: <c>attn_q</c> and <c>attn_v</c>, or <c>attn_qkv</c> if the file has them fused.</summary>
    public IReadOnlyList<string>? Targets { get; init; }

    /// <summary>A short description.</summary>
    public override string ToString() => FormattableString.Invariant($"rank {Rank}, alpha {Alpha ?? Rank}, {(Targets is null ? "queries and values" : string.Join(" ", Targets))}");

    /// <summary>Refuses invalid numbers.</summary>
    /// <exception cref="InvalidRequestException">One is invalid.</exception>
    internal void Check()
    {
        Expect(Rank > 0, nameof(Rank), "1 or more", Rank);
        Expect(Alpha is not float alpha || (alpha != 0 && float.IsFinite(alpha)), nameof(Alpha), "a number that is not 0", Alpha);
        Expect(Targets is not { Count: 0 }, nameof(Targets), "names of weights", "none");

        static void Expect(bool holds, string name, string expected, object? found) => ValueRule.Require("Training an adapter", holds, name, expected, found);
    }
}
