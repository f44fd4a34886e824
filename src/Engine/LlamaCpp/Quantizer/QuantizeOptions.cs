namespace Engine.LlamaCpp.Quantizer;

/// <summary>What to quantize, into what, and where to.</summary>
public sealed record QuantizeOptions
{
    /// <summary>The GGUF file to read; of a split one the first part.</summary>
    public required string Input { get; init; }

    /// <summary>The GGUF file to write; replaced if it exists, and complete or absent at any moment.</summary>
    public required string Output { get; init; }

    /// <summary>The file type by llama.cpp's name, in either case: <c>Q4_K_M</c>, <c>Q8_0</c>, <c>F16</c>, …</summary>
    public required string Type { get; init; }

    /// <summary>Threads; 0 for one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Accepts an input that is already quantized, although its loss cannot be undone.</summary>
    public bool AllowRequantize { get; init; }

    /// <summary>An importance matrix as llama.cpp's llama-imatrix writes it (GGUF), or null.</summary>
    public string? ImportanceMatrix { get; init; }

    /// <summary>Folder or file of your own llama.cpp, or null.</summary>
    public string? LibraryPath { get; init; }
}
