using System.Runtime.InteropServices;
using Engine.Gguf;
using Engine.HuggingFace.Families;

namespace Engine.HuggingFace.Exporting;

/// <summary>The tensors of a GGUF file under Hugging Face's names and in transformers' form.</summary>
/// <param name="file">The file, which stays open until everything is written.</param>
internal sealed class TensorExport(GgufFile file) : ITensorMap
{
    private readonly List<ExportedTensor> _planned = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>The tensors that will be written.</summary>
    public IReadOnlyList<ExportedTensor> Planned => _planned;

    /// <summary>llama.cpp's names of vectors that floats cannot represent exactly in transformers' form. They come back with an error in the last bit.</summary>
    public HashSet<string> Rounded { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Matrix(string ours, string theirs, int rows, int columns) => Add(theirs, Find($"{ours}.weight", rows, columns), [rows, columns], row => row);

    /// <inheritdoc/>
    public void Rotated(string ours, string theirs, int heads, int headRows, int columns) =>
        Add(theirs, Find($"{ours}.weight", heads * headRows, columns), [heads * headRows, columns], row => HalfApart(row, headRows));

    /// <inheritdoc/>
    public void Transposed(string ours, string theirs, int rows, int columns)
    {
        GgufTensor tensor = Find($"{ours}.weight", rows, columns);
        int size = ElementBytes(tensor.Type);
        _planned.Add(new(theirs, TypeName(tensor.Type), [columns, rows], (long)rows * columns * size, stream =>
        {
            var line = new byte[rows * size];
            for (int column = 0; column < columns; column++)
            {
                for (int row = 0; row < rows; row++)
                {
                    file.GetData(tensor, (((long)row * columns) + column) * size, size).CopyTo(line.AsSpan(row * size));
                }
                stream.Write(line);
            }
        }));
    }

    /// <inheritdoc/>
    public void Experts(string ours, Func<int, string> theirs, int experts, int rows, int columns)
    {
        GgufTensor tensor = Find($"{ours}.weight", rows, columns, experts);
        for (int expert = 0; expert < experts; expert++)
        {
            int first = expert * rows;
            Add(theirs(expert), tensor, [rows, columns], row => first + row);
        }
    }

    /// <inheritdoc/>
    public void Table(string ours, string theirs, int rows, int columns) => Matrix(ours, theirs, rows, columns);

    /// <inheritdoc/>
    public void Vector(string ours, string theirs, int length, double scale = 1, double shift = 0)
    {
        GgufTensor tensor = Find(ours, 1, length);
        if (scale == 1 && shift == 0)
        {
            Add(theirs, tensor, [length], row => row);
            return;
        }
        float?[] exact = [.. Floats(file, tensor).Select(value => Unscaled(value, scale, shift))];
        if (exact.Contains(null))
        {
            Rounded.Add(ours);
        }
        float[] values = [.. Floats(file, tensor).Zip(exact, (value, found) => found ?? (float)((value - shift) / scale))];
        _planned.Add(new(theirs, "F32", [length], length * sizeof(float), stream => stream.Write(MemoryMarshal.AsBytes<float>(values))));
    }

    /// <inheritdoc/>
    public void RotatedVector(string ours, string theirs, int heads, int headRows)
    {
        float[] read = Floats(file, Find(ours, 1, heads * headRows));
        float[] values = [.. read.Select((_, i) => read[HalfApart(i, headRows)])];
        _planned.Add(new(theirs, "F32", [values.Length], values.Length * sizeof(float), stream => stream.Write(MemoryMarshal.AsBytes<float>(values))));
    }

    /// <inheritdoc/>
    public void Values(string ours, float[] values) => _used.Add(ours);

    /// <inheritdoc/>
    public void Ignore(string theirs)
    {
        // optional in transformers' files
    }

    /// <summary>Refuses a file with tensors that the family did not request.</summary>
    /// <exception cref="ModelFileException">There is such a tensor.</exception>
    public void RequireAllUsed()
    {
        if (file.Tensors.FirstOrDefault(tensor => !_used.Contains(tensor.Name)) is { } left)
        {
            throw new ModelFileException($"Exporting {file.FileName}: expected only tensors that transformers' model of this architecture has, found '{left.Name}' besides. The folder would be another model.");
        }
    }

    /// <summary>The float that yields exactly this value after scaling and shifting; null if no float does.</summary>
    public static float? Unscaled(float value, double scale, double shift = 0)
    {
        float near = (float)((value - shift) / scale);
        return new[] { near, MathF.BitIncrement(near), MathF.BitDecrement(near) }.Select(each => (float?)each).FirstOrDefault(each => (float)((each!.Value * scale) + shift) == value);
    }

    /// <summary>A vector of a file.</summary>
    public static float[] Floats(GgufFile file, GgufTensor tensor) => tensor.Type == GgmlType.F32
        ? MemoryMarshal.Cast<byte, float>(file.GetData(tensor, 0, (int)tensor.ByteLength)).ToArray()
        : throw new ModelFileException($"Exporting {file.FileName}: expected '{tensor.Name}' in F32, found {tensor.TypeName}.");

    private void Add(string theirs, GgufTensor tensor, long[] shape, Func<int, int> from)
    {
        int columns = (int)shape[^1], rows = shape.Length == 1 ? 1 : (int)shape[0], size = ElementBytes(tensor.Type);
        _planned.Add(new(theirs, TypeName(tensor.Type), shape, (long)rows * columns * size, stream =>
        {
            for (int row = 0; row < rows; row++)
            {
                stream.Write(file.GetData(tensor, (long)from(row) * columns * size, columns * size));
            }
        }));
    }

    private GgufTensor Find(string ours, int rows, int columns, int experts = 1)
    {
        // A tied head, written separately from the embedding.
        GgufTensor tensor = file.FindTensor(ours) ?? (ours == "output.weight" ? file.FindTensor("token_embd.weight") : null)
            ?? throw new ModelFileException($"Exporting {file.FileName}: expected a tensor '{ours}', found none. transformers' model of this architecture requires it.");
        _used.Add(tensor.Name);
        long[] shape = experts > 1 ? [columns, rows, experts] : rows == 1 ? [columns] : [columns, rows];
        return tensor.Shape.Where((length, i) => i < shape.Length || length != 1).SequenceEqual(shape) ? tensor
            : throw new ModelFileException($"Exporting {file.FileName}: expected ({string.Join(", ", shape)}) by the file's metadata, '{ours}' has {tensor.ShapeText}.");
    }

    private string TypeName(GgmlType type) => type switch
    {
        GgmlType.F32 => "F32",
        GgmlType.F16 => "F16",
        GgmlType.BF16 => "BF16",
        _ => throw new ModelFileException($"Exporting {file.FileName}: expected weights of F32, F16 or BF16, found {type}. Quantization cannot be undone: export the file that this one was made from."),
    };

    private int ElementBytes(GgmlType type) => TypeName(type) == "F32" ? 4 : 2;

    // For each row in transformers' order, its index in llama.cpp's: row j·d_k/2 + i there is row 2i + j here.
    private static int HalfApart(int row, int headRows)
    {
        int inHead = row % headRows, half = headRows / 2;
        return row - inHead + (inHead % half * 2) + (inHead / half);
    }
}

/// <summary>A tensor of a safetensors file that will be written.</summary>
/// <param name="Name">Hugging Face's name.</param>
/// <param name="Type">The type as spelled in the file.</param>
/// <param name="Shape">The lengths, slowest dimension first.</param>
/// <param name="Bytes">The number of bytes of its data.</param>
/// <param name="Write">Writes the data.</param>
internal sealed record ExportedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Bytes, Action<Stream> Write);
