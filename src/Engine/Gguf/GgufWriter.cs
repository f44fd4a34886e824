using System.Text;

namespace Engine.Gguf;

/// <summary>Writes a GGUF file of version 3. The same calls give the same bytes. Tensor data is produced while the file is written,
/// so the file may be larger than memory.</summary>
public sealed class GgufWriter
{
    private readonly OrderedDictionary<string, GgufValue> _metadata = new(StringComparer.Ordinal);
    private readonly List<(GgufTensor Record, Action<Stream> WriteData)> _tensors = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private long _dataLength;

    /// <summary>A writer.</summary>
    /// <param name="alignment">Bytes to which the tensors are aligned: a power of two. llama.cpp needs 32 or more.</param>
    public GgufWriter(int alignment = (int)GgufLimits.DefaultAlignment)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(alignment);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(alignment, (int)GgufLimits.Alignment);
        Alignment = int.IsPow2(alignment) ? alignment : throw new ArgumentException($"An alignment is a power of two, not {alignment}.", nameof(alignment));
        if (alignment != GgufLimits.DefaultAlignment)
        {
            SetMetadata(GgufKeys.Alignment, GgufValue.FromScalar((uint)alignment));
        }
    }

    /// <summary>Bytes to which the tensors are aligned.</summary>
    public int Alignment { get; }

    /// <summary>Sets a metadata value. A key that is set again keeps its place.</summary>
    /// <exception cref="ArgumentException">The key is empty, too long, or that of the alignment, which the constructor sets.</exception>
    public void SetMetadata(string key, GgufValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        CheckName(key, GgufLimits.KeyBytes);
        if (key == GgufKeys.Alignment && (value.Value is not uint alignment || alignment != Alignment))
        {
            throw new ArgumentException($"'{key}' is {Alignment} by the writer's constructor.", nameof(value));
        }
        _metadata[key] = value;
    }

    /// <summary>Sets a string.</summary>
    public void SetMetadata(string key, string value) => SetMetadata(key, GgufValue.FromString(value));

    /// <summary>Sets an array of strings.</summary>
    public void SetMetadata(string key, IReadOnlyList<string> values) => SetMetadata(key, GgufValue.FromStrings(GgufStrings.From(values)));

    /// <summary>Sets a number or a bool; the argument's .NET type is the value's type in the file.</summary>
    public void SetMetadata<T>(string key, T value) where T : unmanaged => SetMetadata(key, GgufValue.FromScalar(value));

    /// <summary>Sets an array of numbers or bools.</summary>
    public void SetMetadata<T>(string key, T[] values) where T : unmanaged => SetMetadata(key, GgufValue.FromArray(values));

    /// <summary>Adds a tensor with its data.</summary>
    /// <param name="name">Up to 63 bytes.</param>
    /// <param name="shape">Lengths, the fastest first: (in, out) for a weight.</param>
    /// <param name="type">How <paramref name="data"/> is stored.</param>
    /// <param name="data">The bytes, as many as shape and type say.</param>
    /// <exception cref="ArgumentException">Name, shape, type and data do not fit each other or the format.</exception>
    public void AddTensor(string name, IReadOnlyList<long> shape, GgmlType type, ReadOnlyMemory<byte> data)
    {
        long expected = AddTensor(name, shape, type, stream => stream.Write(data.Span));
        if (data.Length != expected)
        {
            throw new ArgumentException($"Tensor '{name}' of {type} takes {expected:N0} bytes, not {data.Length:N0}.", nameof(data));
        }
    }

    /// <summary>Adds a tensor whose data is produced when the file is written.</summary>
    /// <param name="name">Up to 63 bytes.</param>
    /// <param name="shape">Lengths, the fastest first: (in, out) for a weight.</param>
    /// <param name="type">How the data is stored.</param>
    /// <param name="writeData">Writes exactly the bytes that shape and type say.</param>
    /// <returns>Bytes of the data.</returns>
    /// <exception cref="ArgumentException">Name, shape and type do not fit each other or the format.</exception>
    public long AddTensor(string name, IReadOnlyList<long> shape, GgmlType type, Action<Stream> writeData)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(writeData);
        CheckName(name, GgufLimits.TensorNameBytes);
        GgmlBlock block = GgmlBlock.Of(type);
        if (shape.Count > GgufLimits.Dimensions || shape.Any(length => length <= 0) || (shape.Count == 0 ? 1 : shape[0]) % block.Elements != 0)
        {
            throw new ArgumentException($"Tensor '{name}' of {type}: expected up to {GgufLimits.Dimensions} positive lengths, the first a multiple of {block.Elements}, found ({string.Join(", ", shape)}).", nameof(shape));
        }
        if (!_names.Add(name))
        {
            throw new ArgumentException($"There is already a tensor named '{name}'.", nameof(name));
        }
        var record = new GgufTensor(name, [.. shape], type, 0, _dataLength);
        _tensors.Add((record, writeData));
        _dataLength = checked(_dataLength + record.ByteLength + Padding(record.ByteLength));
        return record.ByteLength;
    }

    /// <summary>Writes the file, first under a temporary name beside it, so that a file of this name is always complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The data written for a tensor does not have the length given by its shape and type.</exception>
    public void Write(string path)
    {
        string target = Path.GetFullPath(path);
        string temporary = $"{target}.{Path.GetRandomFileName()}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 20))
            {
                Write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes the file's bytes.</summary>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var counted = new GgufDataStream(stream);
        GgufHeaderWriter.Write(counted, _metadata, [.. _tensors.Select(tensor => tensor.Record)]);
        counted.WriteZeros(Padding(counted.Written));
        foreach ((GgufTensor record, Action<Stream> writeData) in _tensors)
        {
            long start = counted.Written;
            writeData(counted);
            long length = counted.Written - start;
            if (length != record.ByteLength)
            {
                throw new InvalidOperationException($"Tensor '{record.Name}' takes {record.ByteLength:N0} bytes, {length:N0} were written.");
            }
            counted.WriteZeros(Padding(length));
        }
    }

    private int Padding(long length) => (int)((Alignment - (length % Alignment)) % Alignment);

    private static void CheckName(string name, int limit)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Encoding.UTF8.GetByteCount(name) > limit || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"A name in a GGUF file has at most {limit} bytes and no NUL; '{name}' does not fit.", nameof(name));
        }
    }
}
