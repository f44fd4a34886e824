using Engine;
using Engine.Gguf;
using ReferenceModels.Quantization;

namespace ReferenceModels.Weights;

/// <summary>
/// One tensor of a model as a matrix (out, in), row by row; a vector is a matrix of one row.
/// Frozen: blocks read in place from the file's mapping, never converted as a whole. Trainable: F32 with a gradient.
/// </summary>
internal sealed unsafe class Weight
{
    private Weight(string name, GgmlType type, int rows, int columns)
    {
        (Name, Rows, Columns) = (name, rows, columns);
        Format = BlockFormat.Of(type, name);
        if (columns % Format.Elements != 0)
        {
            throw new ModelFileException(
                $"Reading '{name}': expected rows of a multiple of {Format.Elements} elements, as {type} needs, found rows of {columns}. The file is damaged; convert it again.");
        }

        RowBytes = Format.RowBytes(columns);
    }

    public string Name { get; }

    /// <summary>out.</summary>
    public int Rows { get; }

    /// <summary>in.</summary>
    public int Columns { get; }

    /// <summary>How many experts' matrices it holds, one below another: <see cref="Rows"/> is the sum of their outs.</summary>
    public int Experts { get; init; } = 1;

    /// <summary>The shape in ggml's order.</summary>
    public IReadOnlyList<long> Shape => Experts == 1 ? [Columns, Rows] : [Columns, Rows / Experts, Experts];

    public GgmlType Type => Format.Type;

    public BlockFormat Format { get; }

    public long RowBytes { get; }

    /// <summary>The first row's blocks. Valid as long as the file's mapping, or this object, lives.</summary>
    public byte* Data { get; private init; }

    /// <summary>The pinned memory of <see cref="Data"/> if that is not the file's mapping; held here so that it lives as long as this weight.</summary>
    public float[]? Memory { get; private init; }

    /// <summary>The values (out, in) of a trainable weight; null if frozen.</summary>
    public float[]? Values { get; private init; }

    /// <summary>d loss / d <see cref="Values"/>, to which each backward pass adds; null if frozen.</summary>
    public float[]? Gradient { get; private init; }

    /// <summary>What is added to products with this weight; empty unless adapters are loaded for it.</summary>
    public IReadOnlyList<LowRank> Adapters { get; private set; } = [];

    /// <summary>Adds an adapter, before the first product.</summary>
    public void Adapt(LowRank adapter) => Adapters = [.. Adapters, adapter];

    /// <summary>A weight that is read in place; the owner of the mapping keeps it alive.</summary>
    /// <exception cref="UnsupportedRequestException">The type cannot be read here.</exception>
    public static Weight Frozen(string name, GgmlType type, int rows, int columns, byte* data, int experts = 1) =>
        new(name, type, rows, columns) { Data = data, Experts = experts };

    /// <summary>One expert's matrix (out, in), read in place. Its gradient is part of the whole weight's.</summary>
    public Weight Expert(int expert) =>
        new(Name, Type, Rows / Experts, Columns) { Data = Data + expert * (long)(Rows / Experts) * RowBytes, Memory = Memory };

    /// <summary>A trainable weight, initially zero; fill <see cref="Values"/>.</summary>
    public static Weight Trainable(string name, int rows, int columns, int experts = 1)
    {
        // Permanently pinned, so that kernels use the same kind of pointer as for frozen weights.
        var values = GC.AllocateArray<float>(checked(rows * columns), pinned: true);
        fixed (float* data = values)
        {
            return new(name, GgmlType.F32, rows, columns) { Data = (byte*)data, Values = values, Gradient = new float[values.Length], Experts = experts };
        }
    }

    /// <summary>A frozen copy in F32, for a vector that the file stores in another format.</summary>
    public static Weight CopyToF32(Weight source)
    {
        var values = GC.AllocateUninitializedArray<float>(checked(source.Rows * source.Columns), pinned: true);
        for (var row = 0; row < source.Rows; row++)
        {
            source.ReadRow(row, values.AsSpan(row * source.Columns, source.Columns));
        }

        fixed (float* data = values)
        {
            return new(source.Name, GgmlType.F32, source.Rows, source.Columns) { Data = (byte*)data, Memory = values };
        }
    }

    /// <summary>The elements of an F32 vector: a gain or a bias.</summary>
    public ReadOnlySpan<float> AsVector() => Type == GgmlType.F32 && Rows == 1
        ? new ReadOnlySpan<float>(Data, Columns)
        : throw new InvalidOperationException($"Reading '{Name}' as a vector: expected one row of F32, found {Rows} rows of {Type}.");

    /// <summary>The elements of row <paramref name="row"/> (in), as an embedding look-up needs them.</summary>
    public void ReadRow(int row, Span<float> y)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, Columns, nameof(y));
        fixed (float* p = y)
        {
            Format.Dequantize(Data + row * RowBytes, p, Columns);
        }
    }
}
