namespace Engine.Gguf;

/// <summary>A GGUF file opened for reading. Its header is read and checked; the tensors' data stays in the file, which is mapped
/// into memory. A split file is opened through its first part.</summary>
public sealed class GgufFile : IDisposable
{
    private readonly IReadOnlyList<MappedFile> _parts;
    private readonly Dictionary<string, GgufTensor> _tensorsByName;

    private GgufFile(string path, GgufHeader first, IReadOnlyList<MappedFile> parts, IReadOnlyList<GgufTensor> tensors)
    {
        (Path, Version, Metadata, _parts, Tensors) = (path, first.Version, first.Metadata, parts, tensors);
        _tensorsByName = new Dictionary<string, GgufTensor>(tensors.Count, StringComparer.Ordinal);
        foreach (GgufTensor tensor in tensors)
        {
            if (!_tensorsByName.TryAdd(tensor.Name, tensor))
            {
                throw new ModelFileException($"Reading the tensors of '{FileName}': expected a name once, found '{tensor.Name}' twice. Convert the model again.");
            }
        }
    }

    /// <summary>The file's path, as given.</summary>
    public string Path { get; }

    /// <summary>Version of the format: 2 or 3.</summary>
    public uint Version { get; }

    /// <summary>The size of the file in bytes, all parts together.</summary>
    public long FileBytes => _parts.Sum(part => part.Length);

    /// <summary>The metadata (of the first part).</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors in the order of the file.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>The path of the file, or of all parts of a split file.</summary>
    internal IEnumerable<string> PartPaths => _parts.Select(part => part.Path);

    internal string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="ModelFileException">There is no such file, or it is not a well-formed GGUF file.</exception>
    public static GgufFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var parts = new List<MappedFile>();
        try
        {
            parts.Add(MappedFile.Open(path));
            GgufHeader first = GgufHeader.Read(parts[0]);
            IReadOnlyList<GgufTensor> tensors = GgufSplit.OpenRest(path, first, parts);
            return new GgufFile(path, first, parts, tensors);
        }
        catch
        {
            parts.ForEach(part => part.Dispose());
            throw;
        }
    }

    /// <summary>The tensor of a name, or null.</summary>
    public GgufTensor? FindTensor(string name) => _tensorsByName.GetValueOrDefault(name);

    /// <summary>Some bytes of a tensor of this file, valid until disposal.</summary>
    public ReadOnlySpan<byte> GetData(GgufTensor tensor, long offset, int length)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.ByteLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, tensor.ByteLength - offset);
        return _parts[tensor.Part].Slice(tensor.FileOffset + offset, length);
    }

    /// <summary>Address of a tensor's data, valid until disposal.</summary>
    internal unsafe byte* GetPointer(GgufTensor tensor) => _parts[tensor.Part].Pointer(tensor.FileOffset);

    /// <summary>Ends the mapping.</summary>
    public void Dispose()
    {
        foreach (MappedFile part in _parts)
        {
            part.Dispose();
        }
    }
}
