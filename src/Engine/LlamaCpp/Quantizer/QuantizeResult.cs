using Engine.Gguf;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>The result of a quantization.</summary>
public sealed record QuantizeResult
{
    /// <summary>The requested type, in llama.cpp's spelling. <c>general.file_type</c> of the output also says so, whatever formats the tensors got.</summary>
    public required string Type { get; init; }

    /// <summary>Bytes of the input, all parts together.</summary>
    public required long InputBytes { get; init; }

    /// <summary>Bytes of the output.</summary>
    public required long OutputBytes { get; init; }

    /// <summary>Bits of the output's tensors for each of their elements.</summary>
    public required double BitsPerWeight { get; init; }

    /// <summary>How many tensors of the output are of each type.</summary>
    public required IReadOnlyDictionary<GgmlType, int> Tensors { get; init; }

    /// <summary>The tensors that could not get the format of the type's recipe, and the format they got.</summary>
    public required IReadOnlyList<QuantizeFallback> Fallbacks { get; init; }
}

/// <summary>A tensor whose rows cannot be divided into blocks of the wanted format, or for which llama.cpp has no such format.</summary>
/// <param name="Tensor">Its name.</param>
/// <param name="RowLength">Elements of a row (ne[0]); a format needs a multiple of its block.</param>
/// <param name="Wanted">What the recipe of the file type wants.</param>
/// <param name="Got">What is in the output.</param>
public sealed record QuantizeFallback(string Tensor, long RowLength, GgmlType Wanted, GgmlType Got);
