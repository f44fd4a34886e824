using System.IO.MemoryMappedFiles;

namespace Engine.Gguf;

/// <summary>A whole file mapped for reading. With <see cref="Pointer"/>, this is the only unsafe code of the reader.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    private MappedFile(string path, MemoryMappedFile mapping, MemoryMappedViewAccessor view, long length)
    {
        (Path, _mapping, _view, Length) = (path, mapping, view, length);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public string Path { get; }

    public long Length { get; }

    /// <exception cref="ModelFileException">There is no such file, it is empty, or it may not be read.</exception>
    public static MappedFile Open(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        try
        {
            if (Directory.Exists(path))
            {
                throw new ModelFileException($"Opening '{path}': expected a GGUF file, found a folder. Give the path of the file in it.");
            }
            if (!File.Exists(path))
            {
                throw new ModelFileException($"Opening '{path}': expected a GGUF file, found nothing there. Check the path.");
            }
            if (new FileInfo(path).Length == 0) // pipes and devices too: opening one could wait for ever
            {
                throw new ModelFileException($"Opening '{path}': expected a GGUF file, found an empty one. Copy or download it again.");
            }
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            MemoryMappedFile mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            MemoryMappedViewAccessor view = mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            return new MappedFile(path, mapping, view, stream.Length);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ModelFileException($"Opening '{path}': expected a GGUF file that this user may read, found that access is denied. Change its permissions, or give another file.", exception);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or NotSupportedException)
        {
            throw new ModelFileException($"Opening '{path}': expected a GGUF file that can be read, found: {exception.Message} Check '{name}'.", exception);
        }
    }

    /// <summary>Address of a byte, valid until disposal.</summary>
    public byte* Pointer(long offset)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        return _start + offset;
    }

    /// <summary>Some bytes, valid until disposal.</summary>
    public ReadOnlySpan<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        byte* start = Pointer(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new ReadOnlySpan<byte>(start, length);
    }

    public void Dispose()
    {
        if (_start is not null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping.Dispose();
        }
    }
}
