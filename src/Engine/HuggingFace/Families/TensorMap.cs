using System.Runtime.InteropServices;
using Engine.Gguf;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>Maps the tensors of a checkpoint to llama.cpp's. Each is requested by name and shape. A tensor that was not
/// requested is refused at the end, because the model would not be what its configuration says.</summary>
/// <param name="checkpoint">The checkpoint, which stays open until everything is written.</param>
/// <param name="type">The type in which matrices are written; null to write them as stored.</param>
internal sealed class TensorMap(Checkpoint checkpoint, GgmlType? type) : ITensorMap
{
    // The number of bytes read at once.
    private const int Block = 1 << 20;

    private readonly List<PlannedTensor> _planned = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GgmlType> _types = new(StringComparer.Ordinal);

    /// <summary>The tensors that will be written, in order.</summary>
    public IReadOnlyList<PlannedTensor> Planned => _planned;

    /// <summary>The types in which matrices are written, by Hugging Face's names. Tensors not listed are written in F32.</summary>
    public IReadOnlyDictionary<string, GgmlType> Types => _types;

    /// <inheritdoc/>
    public void Matrix(string ours, string theirs, int rows, int columns)
    {
        SafetensorsTensor tensor = Find(theirs, rows, columns);
        Plan(ours, tensor, [columns, rows], stream => CopyRows(tensor, stream, 0, rows, columns, TypeOf(tensor), ours));
    }

    /// <inheritdoc/>
    public void Rotated(string ours, string theirs, int heads, int headRows, int columns)
    {
        SafetensorsTensor tensor = Find(theirs, heads * headRows, columns);
        Plan(ours, tensor, [columns, heads * headRows], stream =>
        {
            for (int row = 0; row < heads * headRows; row++)
            {
                CopyRows(tensor, stream, Neighbour(row, headRows), 1, columns, TypeOf(tensor), ours);
            }
        });
    }

    /// <inheritdoc/>
    public void Transposed(string ours, string theirs, int rows, int columns)
    {
        SafetensorsTensor tensor = Find(theirs, columns, rows);
        Plan(ours, tensor, [columns, rows], stream =>
        {
            var bytes = new byte[tensor.ByteLength]; // one tensor at a time
            tensor.File.Read(tensor.Offset, bytes);
            (int size, GgmlType target) = (tensor.Type.Bytes, TypeOf(tensor));
            var column = new byte[columns * size];
            var values = new float[columns];
            for (int row = 0; row < rows; row++)
            {
                for (int i = 0; i < columns; i++)
                {
                    bytes.AsSpan(((i * rows) + row) * size, size).CopyTo(column.AsSpan(i * size));
                }
                tensor.Type.ToSingles(column, values);
                WeightType.Write(stream, values, target, ours);
            }
        });
    }

    /// <inheritdoc/>
    public void Experts(string ours, Func<int, string> theirs, int experts, int rows, int columns)
    {
        SafetensorsTensor[] tensors = [.. Enumerable.Range(0, experts).Select(expert => Find(theirs(expert), rows, columns))];
        GgmlType target = tensors.Select(TypeOf).Distinct().Count() == 1 ? TypeOf(tensors[0]) : GgmlType.F32; // which can represent all types
        foreach (SafetensorsTensor tensor in tensors)
        {
            _types[tensor.Name] = target;
        }
        _planned.Add(new($"{ours}.weight", [columns, rows, experts], target, stream =>
        {
            foreach (SafetensorsTensor tensor in tensors)
            {
                CopyRows(tensor, stream, 0, rows, columns, target, ours);
            }
        }));
    }

    /// <inheritdoc/>
    public void Table(string ours, string theirs, int rows, int columns)
    {
        SafetensorsTensor tensor = Find(theirs, rows, columns);
        _planned.Add(new($"{ours}.weight", [columns, rows], GgmlType.F32, stream => CopyRows(tensor, stream, 0, rows, columns, GgmlType.F32, ours)));
    }

    /// <inheritdoc/>
    public void Vector(string ours, string theirs, int length, double scale = 1, double shift = 0)
    {
        SafetensorsTensor tensor = Find(theirs, length);
        _planned.Add(new(ours, [length], GgmlType.F32, stream => WriteVector(tensor, stream, i => i, scale, shift)));
    }

    /// <inheritdoc/>
    public void RotatedVector(string ours, string theirs, int heads, int headRows)
    {
        SafetensorsTensor tensor = Find(theirs, heads * headRows);
        _planned.Add(new(ours, [heads * headRows], GgmlType.F32, stream => WriteVector(tensor, stream, i => Neighbour(i, headRows))));
    }

    /// <inheritdoc/>
    public void Values(string ours, float[] values) =>
        _planned.Add(new(ours, [values.Length], GgmlType.F32, stream => stream.Write(MemoryMarshal.AsBytes<float>(values))));

    /// <inheritdoc/>
    public void Ignore(string theirs) => _used.Add(theirs);

    /// <summary>Leaves tensors out.</summary>
    /// <returns>Whether there are any.</returns>
    public bool Ignore(Func<string, bool> theirs)
    {
        string[] found = [.. checkpoint.Tensors.Keys.Where(theirs)];
        _used.UnionWith(found);
        return found.Length > 0;
    }

    /// <summary>Refuses a checkpoint with tensors that were not requested.</summary>
    /// <exception cref="ModelFileException">There are such tensors; the message names some.</exception>
    public void RequireAllUsed()
    {
        string[] left = [.. checkpoint.Tensors.Keys.Where(name => !_used.Contains(name)).Order(StringComparer.Ordinal)];
        if (left.Length > 0)
        {
            string names = string.Join(", ", left.Take(3).Select(name => $"'{name}'")) + (left.Length > 3 ? $" and {left.Length - 3} more" : "");
            throw new ModelFileException($"Importing the weights: expected only tensors that a model of this configuration has, found {names} besides. The weights belong to another model than config.json says, or the file needs a newer version.");
        }
    }

    private SafetensorsTensor Find(string theirs, params ReadOnlySpan<long> shape)
    {
        string expected = $"({string.Join(", ", shape.ToArray())})";
        if (!checkpoint.Tensors.TryGetValue(theirs, out SafetensorsTensor? tensor))
        {
            throw new ModelFileException($"Importing '{theirs}': expected a tensor {expected} by config.json, the checkpoint has none of this name. The weights belong to another configuration, or a part is missing.");
        }
        _used.Add(theirs);
        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
        {
            throw new ModelFileException($"Importing '{theirs}': expected {expected} by config.json, {tensor.File.Name} has {tensor.ShapeText}. The weights belong to another configuration.");
        }
        return tensor.Type.IsWeights ? tensor
            : throw new ModelFileException($"Importing '{theirs}': expected weights of {SafetensorsType.Weights}, {tensor.File.Name} has {tensor.Type.Name}. Checkpoints quantized by other tools are not supported: use the original.");
    }

    private GgmlType TypeOf(SafetensorsTensor tensor) => type ?? WeightType.Of(tensor.Type);

    private void Plan(string ours, SafetensorsTensor tensor, long[] shape, Action<Stream> write)
    {
        _types[tensor.Name] = TypeOf(tensor);
        _planned.Add(new($"{ours}.weight", shape, TypeOf(tensor), write));
    }

    // For each row in llama.cpp's order, its index in transformers': row 2i + j there is row j·d_k/2 + i here.
    private static int Neighbour(int row, int headRows)
    {
        int inHead = row % headRows;
        return row - inHead + (inHead % 2 * (headRows / 2)) + (inHead / 2);
    }

    private static void CopyRows(SafetensorsTensor tensor, Stream stream, int first, int rows, int columns, GgmlType target, string name)
    {
        long start = (long)first * columns, count = (long)rows * columns;
        if (target == WeightType.Of(tensor.Type) && tensor.Type.Bytes == (target == GgmlType.F32 ? 4 : 2))
        {
            var bytes = new byte[(int)Math.Min(Block, count * tensor.Type.Bytes)];
            for (long at = 0; at < count * tensor.Type.Bytes; at += bytes.Length)
            {
                Span<byte> part = bytes.AsSpan(0, (int)Math.Min(bytes.Length, (count * tensor.Type.Bytes) - at));
                tensor.File.Read(tensor.Offset + (start * tensor.Type.Bytes) + at, part);
                stream.Write(part);
            }
            return;
        }
        var values = new float[(int)Math.Min(Block / sizeof(float), count)];
        for (long at = 0; at < count; at += values.Length)
        {
            Span<float> part = values.AsSpan(0, (int)Math.Min(values.Length, count - at));
            tensor.Read(start + at, part);
            WeightType.Write(stream, part, target, name);
        }
    }

    private static void WriteVector(SafetensorsTensor tensor, Stream stream, Func<int, int> from, double scale = 1, double shift = 0)
    {
        var read = new float[tensor.Elements];
        tensor.Read(0, read);
        var values = new float[read.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((read[from(i)] * scale) + shift);
        }
        stream.Write(MemoryMarshal.AsBytes<float>(values));
    }
}
