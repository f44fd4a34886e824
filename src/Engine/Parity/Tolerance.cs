using System.Globalization;
using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>How far apart two models may be and still pass: a measured floor times a factor, with its reason.</summary>
/// <remarks>The floors are stated until each machine calibrates its own.</remarks>
public sealed record Tolerance
{
    /// <summary>What is judged.</summary>
    [JsonPropertyName("metric")]
    public required ParityMetric Metric { get; init; }

    /// <summary>The largest value over all positions that passes.</summary>
    [JsonPropertyName("limit")]
    public required double Limit { get; init; }

    /// <summary>The largest value of a single position that passes. It keeps many good positions from hiding a bad one.</summary>
    [JsonPropertyName("row_limit")]
    public required double RowLimit { get; init; }

    /// <summary>The largest |a − b| of a single logit that passes, in units of the RMS of its position's reference; null for
    /// no limit of its own. It keeps a large vocabulary from hiding a bad logit.</summary>
    [JsonPropertyName("logit_limit")]
    public double? LogitLimit { get; init; }

    /// <summary>Where the limit comes from.</summary>
    [JsonPropertyName("reason")]
    public required string Reason { get; init; }

    /// <summary>The tolerance for the coarser of two file types, the family's activation, and what adapters add to the weights.</summary>
    /// <exception cref="UnsupportedRequestException">A file type is not known.</exception>
    public static Tolerance For(ModelCard native, ModelCard reference, Numerics numerics) =>
        OfFiles(native, reference, numerics).Widened(Math.Max(Share(native), Share(reference)));

    /// <summary>The user's limit for Σ(a − b)² / Σb², with the limits for single rows and numbers that follow.</summary>
    internal static Tolerance OfUser(double nmse) => Nmse(nmse, "The limit of the configuration.");

    private static Tolerance OfFiles(ModelCard native, ModelCard reference, Numerics numerics) =>
        (FileTypes.Coarsest(native, reference), numerics) switch
        {
            (Precision.Full, Numerics.Strict) when !OnCpu(native) => Nmse(1e-5,
                "F32 weights on a device: GPU drivers multiply in F16 or TF32; measured 2.1e-7 (Vulkan on Mesa's llvmpipe); times 48."),
            (Precision.Full, Numerics.Strict) when HasGelu(native, reference) => HalfTable,
            (Precision.Full, Numerics.Strict) => LargestOfRms(1e-4,
                "F32 weights, F32 keys and values: two right engines differ by the order of their sums alone, measured 1e-6 of the RMS, and "
                + "4e-5 in deep random models; times 2.5."),
            (Precision.Full, _) => Nmse(1e-4,
                "F32 weights, but production keeps keys and values in F16 and sums them in F16: measured 5.8e-7 after 400 tokens, 9.9e-6 after 1,500; times 10."),
            (Precision.Half, _) => Nmse(1e-4,
                "F16 weights: llama.cpp rounds activations to 16 bits in its products; measured up to 2.8e-5 (T5, whose attention is not scaled), 9e-7 elsewhere; times 3.6."),
            (Precision.Brain, _) => Nmse(1e-3,
                "BF16 weights: llama.cpp rounds activations to 8 significant bits in its products; measured up to 3e-5, and 1.3e-4 for T5 with the "
                + "reference in ggml's arithmetic; times 8."),
            _ when native.Architecture is "t5" or "t5encoder" => Nmse(2e-2,
                "Quantized weights: llama.cpp rounds activations to 8 bits, which moves the attention of a T5, that nothing scales, far; measured up to "
                + "4.8e-3 with the reference in ggml's arithmetic; times 4."),
            _ => Nmse(Widest,
                "Quantized weights: llama.cpp rounds activations to 8 bits, the reference does not; measured up to 2.3e-3; times 4."),
        };

    private static double Share(ModelCard card) => card.Adapters.Sum(adapter => adapter.Share ?? 0);

    // Queries and keys grow with the weights, attention scores grow with their square, and the effect of a rounding grows with the
    // score. The table of GELU needs no such factor, because the reference in ggml's arithmetic uses the same table.
    private Tolerance Widened(double share)
    {
        double growth = Math.Pow(1 + share, Metric == ParityMetric.Nmse ? 4 : 2);
        double limit = Math.Min(growth * Limit, Widest);
        return share == 0 || limit <= Limit || this == HalfTable ? this : this with
        {
            Limit = limit,
            RowLimit = 10 * limit,
            LogitLimit = LogitLimit * Math.Sqrt(limit / Limit),
            Reason = string.Create(CultureInfo.InvariantCulture,
                $"{Reason} What adapters add is {share:0.##} times as large as the weights, and attention's scores grow with the square of both together: times {limit / Limit:0.##}."),
        };
    }

    // No adapter widens a limit beyond that of quantized weights, because a wider one would let a fault through.
    private const double Widest = 1e-2;

    private static Tolerance HalfTable { get; } = new()
    {
        Metric = ParityMetric.Nmse,
        Limit = 1e-6,
        RowLimit = 1e-5,
        LogitLimit = 5e-3,
        Reason = "F32 weights, but llama.cpp looks GELU up in a table of 16-bit floats: it shifts what follows by up to 6e-4 of the RMS, which is an NMSE of "
            + "3.6e-7; times 2.8. A single number may be off by 5e-3 of the RMS.",
    };

    private static bool OnCpu(ModelCard card) => string.Equals(card.Device, "cpu", StringComparison.OrdinalIgnoreCase);

    private static bool HasGelu(ModelCard native, ModelCard reference) => (native.Activation ?? reference.Activation) == "gelu";

    /// <summary>A limit relative to the logits, because rounding errors grow with them. A single position's RMS may be a fraction of the whole's.</summary>
    private static Tolerance LargestOfRms(double limit, string reason) =>
        new() { Metric = ParityMetric.MaxRelDiff, Limit = limit, RowLimit = 10 * limit, Reason = reason };

    /// <summary>Rounding errors are roughly normally distributed: among some 10⁸ logits, none is expected beyond six standard deviations.</summary>
    private static Tolerance Nmse(double limit, string reason) =>
        new() { Metric = ParityMetric.Nmse, Limit = limit, RowLimit = 10 * limit, LogitLimit = 6 * Math.Sqrt(10 * limit), Reason = reason };
}

/// <summary>The metrics a verdict can rest on.</summary>
[JsonConverter(typeof(SnakeCaseEnum<ParityMetric>))]
public enum ParityMetric
{
    /// <summary>max |a − b|.</summary>
    MaxAbsDiff,

    /// <summary>max |a − b| / RMS of b, b the reference.</summary>
    MaxRelDiff,

    /// <summary>Σ(a − b)² / Σb², b the reference.</summary>
    Nmse,
}
