using Engine;
using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>A block layout as a value: what a weight needs to be used without knowing its layout.</summary>
internal abstract unsafe class BlockFormat(GgmlType type, int elements, int bytes)
{
    /// <summary>Elements over which <see cref="Dot"/> wants the sums of its right side.</summary>
    public const int SumElements = 32;

    // The table to extend: a format missing here is refused by name.
    private static readonly BlockFormat[] Known =
    [
        new FloatFormat<F32>(GgmlType.F32),
        new FloatFormat<F16>(GgmlType.F16),
        new FloatFormat<BF16>(GgmlType.BF16),
        new ScaledFormat<Q8_0>(GgmlType.Q8_0),
        new ScaledFormat<Q4_0>(GgmlType.Q4_0),
        new ScaledFormat<Q4_K>(GgmlType.Q4_K),
        new ScaledFormat<Q5_K>(GgmlType.Q5_K),
        new ScaledFormat<Q6_K>(GgmlType.Q6_K),
    ];

    public GgmlType Type { get; } = type;

    /// <summary>Elements in a block.</summary>
    public int Elements { get; } = elements;

    /// <summary>Bytes of a block.</summary>
    public int Bytes { get; } = bytes;

    /// <summary>Whether <see cref="Dot"/> reads the sums of its right side.</summary>
    public abstract bool NeedsSums { get; }

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

    /// <summary>Writes the first <paramref name="n"/> elements, a multiple of <see cref="Elements"/>, to <paramref name="y"/>:
    /// the very floats of the block's definition.</summary>
    public abstract void Dequantize(byte* blocks, float* y, int n);

    /// <summary>y_r = w_r · x for <paramref name="rows"/> rows of <paramref name="n"/> elements, one behind the other;
    /// <paramref name="sums"/> are Σ x over each <see cref="SumElements"/> elements, where <see cref="NeedsSums"/>.</summary>
    public abstract void Dot(byte* w, int rows, float* x, float* sums, float* y, int n);
}
