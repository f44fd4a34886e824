using Engine;
using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>A block layout as a value: what a weight needs to read its rows without knowing the layout.</summary>
internal abstract unsafe class BlockFormat(GgmlType type, int elements, int bytes)
{
    // The table to extend: a format missing here is refused by name.
    private static readonly BlockFormat[] Known =
    [
        new BlockFormat<F32>(GgmlType.F32),
        new BlockFormat<F16>(GgmlType.F16),
        new BlockFormat<BF16>(GgmlType.BF16),
        new BlockFormat<Q8_0>(GgmlType.Q8_0),
        new BlockFormat<Q4_0>(GgmlType.Q4_0),
        new BlockFormat<Q4_K>(GgmlType.Q4_K),
        new BlockFormat<Q5_K>(GgmlType.Q5_K),
        new BlockFormat<Q6_K>(GgmlType.Q6_K),
    ];

    public GgmlType Type { get; } = type;

    /// <summary>Elements in a block.</summary>
    public int Elements { get; } = elements;

    /// <summary>Bytes of a block.</summary>
    public int Bytes { get; } = bytes;

    /// <summary>Every format there is.</summary>
    public static IReadOnlyList<BlockFormat> All => Known;

    /// <summary>The format of <paramref name="type"/>.</summary>
    /// <exception cref="UnsupportedRequestException">No such format here; names the tensor.</exception>
    public static BlockFormat Of(GgmlType type, string tensor) =>
        Array.Find(Known, format => format.Type == type) ?? throw new UnsupportedRequestException(
            $"Reading '{tensor}' in the managed reference: expected one of {string.Join(", ", Known.Select(format => format.Type))}, "
            + $"found {type}. Quantize the model to one of these, or run it with the llama.cpp backend.");

    /// <summary>Bytes of a row of <paramref name="columns"/> elements, a multiple of <see cref="Elements"/>.</summary>
    public long RowBytes(int columns) => (long)(columns / Elements) * Bytes;

    /// <summary>Writes the first <paramref name="n"/> elements, a multiple of <see cref="Elements"/>, to <paramref name="y"/>.</summary>
    public abstract void Dequantize(byte* blocks, float* y, int n);
}

/// <summary>The format with the layout <typeparamref name="TBlock"/>.</summary>
internal sealed unsafe class BlockFormat<TBlock>(GgmlType type) : BlockFormat(type, TBlock.Elements, TBlock.Bytes)
    where TBlock : struct, IBlock
{
    public override void Dequantize(byte* blocks, float* y, int n)
    {
        for (; n > 0; n -= TBlock.Elements, blocks += TBlock.Bytes, y += TBlock.Elements)
            TBlock.Dequantize(blocks, y);
    }
}
