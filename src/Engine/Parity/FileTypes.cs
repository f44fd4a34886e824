namespace Engine.Parity;

/// <summary>How finely a file holds its weights.</summary>
internal enum Precision
{
    /// <summary>32 bits.</summary>
    Full,

    /// <summary>16 bits, of which 11 are significant.</summary>
    Half,

    /// <summary>16 bits, of which 8 are significant.</summary>
    Brain,

    /// <summary>Blocks of fewer bits.</summary>
    Quantized,
}

/// <summary>Sorts GGUF file types by their precision.</summary>
internal static class FileTypes
{
    /// <summary>How the names of ggml's block types begin.</summary>
    private static readonly string[] QuantizedPrefixes = ["Q", "IQ", "TQ", "MXFP", "NVFP"];

    /// <summary>The coarsest of two models' weights and of their adapters' factors.</summary>
    /// <exception cref="UnsupportedRequestException">A type is not known.</exception>
    public static Precision Coarsest(ModelCard a, ModelCard b) => (Precision)new[] { a, b }.Max(card => (int)Coarsest(card));

    /// <summary>The coarsest of one model's weights and its adapters' factors.</summary>
    /// <exception cref="UnsupportedRequestException">A type is not known.</exception>
    public static Precision Coarsest(ModelCard card) => (Precision)card.Adapters.Where(adapter => adapter.Scale != 0).Select(adapter => adapter.FileType).Append(card.FileType).Max(type => (int)Of(type));

    /// <exception cref="UnsupportedRequestException">The name is unknown, and its tolerance is not guessed.</exception>
    public static Precision Of(string fileType) => fileType switch
    {
        "F32" or "F64" => Precision.Full,
        "F16" => Precision.Half,
        "BF16" => Precision.Brain,
        _ when QuantizedPrefixes.Any(prefix => fileType.StartsWith(prefix, StringComparison.Ordinal)) => Precision.Quantized,
        _ => throw new UnsupportedRequestException(
            $"Choosing a tolerance: expected the file type F32, F16, BF16 or a quantized one, found '{fileType}'. State the tolerance in the options."),
    };
}
