using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>How far apart correct engines were measured to be on one model, in the same numerics, on one machine, and the tolerance that follows.</summary>
internal sealed record Calibration
{
    /// <summary>The factor by which the floor is multiplied, because other texts than those measured may differ a little more.</summary>
    public const double Factor = 4;

    /// <summary>The name of the reference in exact arithmetic among the engines.</summary>
    public const string ExactReference = "reference, exact";

    /// <summary>The name of the reference in ggml's arithmetic.</summary>
    public const string GgmlReference = "reference, ggml";

    /// <summary>The name of the native engine with generations side by side.</summary>
    public const string BatchOfEight = "in a batch of 8";

    /// <summary>The version of this layout.</summary>
    public const int CurrentFormat = 1;

    // The spacing of F32 just above 1: engines that were equal to the bit may still differ by it on other texts.
    private const double MinDifference = 1.0 / (1 << 23);

    [JsonPropertyName("format"), JsonRequired]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>SHA-256 of the judged model's file, and of the reference's if that is a different one, in lower-case hexadecimal.</summary>
    [JsonPropertyName("models")]
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The size in bytes of the judged model's file, so that files of other sizes need not be hashed.</summary>
    [JsonPropertyName("model_bytes")]
    public required long ModelBytes { get; init; }

    /// <summary>Called <c>setting</c> in the files that are kept.</summary>
    [JsonPropertyName("setting"), JsonConverter(typeof(SnakeCaseEnum<Numerics>))]
    public required Numerics Numerics { get; init; }

    /// <summary>What was used to measure: the native library, its CPU plugin, the device, this program. With others, it must be measured again.</summary>
    [JsonPropertyName("environment")]
    public required string Environment { get; init; }

    [JsonPropertyName("measured")]
    public required DateTimeOffset Measured { get; init; }

    [JsonPropertyName("sequences")]
    public required int Sequences { get; init; }

    [JsonPropertyName("positions")]
    public required int Positions { get; init; }

    /// <summary>The number of tokens of the longest sequence. Nothing was measured on longer ones.</summary>
    [JsonPropertyName("longest")]
    public required int Longest { get; init; }

    [JsonPropertyName("metric")]
    public required ParityMetric Metric { get; init; }

    [JsonPropertyName("engines")]
    public required IReadOnlyList<string> Engines { get; init; }

    [JsonPropertyName("distances")]
    public required IReadOnlyList<EngineDistance> Distances { get; init; }

    /// <summary>Why engines are not among those measured.</summary>
    [JsonPropertyName("failures")]
    public required IReadOnlyList<string> Failures { get; init; }

    /// <summary>SHA-256 of everything else, because a damaged tolerance would let faults through.</summary>
    [JsonPropertyName("checksum")]
    public string Checksum { get; init; } = "";

    /// <summary>The largest of the distances that count; null if nothing was measured with this arithmetic.</summary>
    /// <param name="arithmetic">The reference's arithmetic. Exact arithmetic is further from every quantized native engine than those are from each other;
    /// judging in ggml's arithmetic avoids that distance and reveals smaller faults.</param>
    public EngineDistance? Floor(Arithmetic arithmetic)
    {
        EngineDistance[] distances = [.. Counted(arithmetic)];
        return arithmetic == Arithmetic.Ggml && !Engines.Contains(GgmlReference) ? null : new(
            "floor", "all",
            AtLeast(distances.Max(distance => distance.Whole)), AtLeast(distances.Max(distance => distance.Row)),
            Math.Max(MinDifference, distances.Max(distance => distance.Number)),
            distances.Max(distance => distance.Nmse), distances.Max(distance => distance.MaxRelDiff));
    }

    /// <summary>Four times the floor: in the whole, in a single position and, for a metric of squares, in a single number.</summary>
    public Tolerance? ToTolerance(Arithmetic arithmetic)
    {
        if (Floor(arithmetic) is not { } floor)
        {
            return null;
        }
        int engines = Counted(arithmetic).SelectMany(distance => new[] { distance.Engine, distance.From }).Distinct().Count();
        return new Tolerance
        {
            Metric = Metric,
            Limit = Factor * floor.Whole,
            RowLimit = Factor * Math.Max(floor.Whole, floor.Row),
            LogitLimit = Metric == ParityMetric.Nmse ? Factor * floor.Number : null,
            Reason = string.Create(CultureInfo.InvariantCulture, $"Calibrated on this machine on {Measured:yyyy-MM-dd}: {engines} right engines{(Engines.Contains(BatchOfEight) ? $", one of them {BatchOfEight}," : "")} were at most ")
                + string.Create(CultureInfo.InvariantCulture, $"{Judgement.Number(floor.Whole)} apart over {Sequences} sequences of up to {Longest} tokens; times {Factor}."),
        };
    }

    /// <summary>The text to keep, with its checksum.</summary>
    public string ToJson() => (this with { Checksum = Sum() }).Serialize();

    /// <summary>Reads a kept calibration.</summary>
    /// <returns>Null if the text is not a calibration, or was changed since it was written.</returns>
    public static Calibration? Parse(string json)
    {
        try
        {
            Calibration? calibration = JsonSerializer.Deserialize(json, CalibrationJson.Readable.Calibration);
            return calibration is { Format: CurrentFormat, Distances: { } distances } && distances.Any(distance => distance.Counts)
                && calibration.Checksum == calibration.Sum() ? calibration : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Sum() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes((this with { Checksum = "" }).Serialize())));

    private string Serialize() => JsonSerializer.Serialize(this, CalibrationJson.Readable.Calibration);

    private IEnumerable<EngineDistance> Counted(Arithmetic arithmetic) => Distances.Where(distance =>
        distance.Counts && (arithmetic == Arithmetic.Exact || (distance.Engine != ExactReference && distance.From != ExactReference)));

    private double AtLeast(double value) => Math.Max(value, Metric == ParityMetric.Nmse ? MinDifference * MinDifference : MinDifference);
}

[JsonSerializable(typeof(Calibration))]
internal sealed partial class CalibrationJson : JsonSerializerContext
{
    public static CalibrationJson Readable { get; } =
        new(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
