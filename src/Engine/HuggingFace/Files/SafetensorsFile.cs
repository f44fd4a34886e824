using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Engine.HuggingFace.Files;

/// <summary>
/// A safetensors file: the length of a JSON header in 8 bytes, the header, the data. The header gives each tensor's type, its shape,
/// and where its data begins and ends. As in Hugging Face's own reader, the tensors must cover the data without gaps or overlaps.
/// </summary>
internal sealed class SafetensorsFile : IDisposable
{
    private const int LengthBytes = 8;

    // The limit of Hugging Face's own reader.
    private const long LargestHeader = 100_000_000;

    private readonly SafeFileHandle _file;

    private SafetensorsFile(string name, SafeFileHandle file) => (Name, _file) = (name, file);

    /// <summary>The file's name.</summary>
    public string Name { get; }

    /// <summary>The tensors, in the order of their data.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; private set; } = [];

    /// <summary>Opens a file and checks its header. The data is read only when requested.</summary>
    /// <exception cref="ModelFileException">The header is inconsistent in itself or with the file.</exception>
    public static SafetensorsFile Open(string path)
    {
        string name = Path.GetFileName(path);
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"Opening '{path}': expected a safetensors file that can be read, found: {e.Message}", e);
        }
        var file = new SafetensorsFile(name, handle);
        try
        {
            file.ReadHeader();
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads bytes of the data.</summary>
    /// <exception cref="ModelFileException">The file has become shorter.</exception>
    public void Read(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int read = RandomAccess.Read(_file, buffer, offset);
            if (read == 0)
            {
                throw Refuse("as many bytes as when it was opened", "its end", "Copy it again, and do not change it while it is read.");
            }
            buffer = buffer[read..];
            offset += read;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void ReadHeader()
    {
        long length = RandomAccess.GetLength(_file);
        Span<byte> size = stackalloc byte[LengthBytes];
        if (length < LengthBytes)
        {
            throw Refuse("the length of a header", $"{length:N0} bytes", "Download it again.");
        }
        Read(0, size);
        ulong said = BinaryPrimitives.ReadUInt64LittleEndian(size);
        if (said > (ulong)Math.Min(LargestHeader, length - LengthBytes))
        {
            throw Refuse(
                $"a header of at most {Math.Min(LargestHeader, length - LengthBytes):N0} bytes", string.Create(CultureInfo.InvariantCulture, $"{said:N0}"),
                "It is not a safetensors file, or only a part of one (a Git LFS pointer is a text of three lines): download it again.");
        }
        var header = new byte[said];
        Read(LengthBytes, header);
        long start = LengthBytes + (long)said;
        Tensors = Parse(header, start, length - start);
    }

    private List<SafetensorsTensor> Parse(byte[] header, long start, long dataLength)
    {
        try
        {
            using JsonDocument json = StrictJson.Parse(header);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Refuse("a JSON object as header", json.RootElement.ValueKind.ToString(), "Download it again.");
            }
            var tensors = json.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__")
                .Select(entry => Parse(entry, start, dataLength)).OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.ByteLength).ToList();
            RequireCover(tensors, start, dataLength);
            return tensors;
        }
        catch (JsonException e)
        {
            throw Refuse("a header of JSON", e.Message, "Download it again.");
        }
    }

    private SafetensorsTensor Parse(JsonProperty entry, long start, long dataLength)
    {
        string what = $"'{(entry.Name.Length > 100 ? entry.Name[..100] + "…" : entry.Name)}'";
        if (entry.Value.ValueKind != JsonValueKind.Object
            || !entry.Value.TryGetProperty("dtype", out JsonElement dtype) || dtype.ValueKind != JsonValueKind.String
            || !entry.Value.TryGetProperty("shape", out JsonElement shape) || shape.ValueKind != JsonValueKind.Array
            || !entry.Value.TryGetProperty("data_offsets", out JsonElement offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
        {
            throw Refuse($"dtype, shape and data_offsets of {what}", entry.Value.GetRawText() is { Length: > 80 } text ? text[..80] + "…" : entry.Value.GetRawText(), "Download it again.");
        }
        SafetensorsType type = SafetensorsType.Find(dtype.GetString()!)
            ?? throw Refuse($"a known type for {what}", $"'{dtype.GetString()}'", $"Weights can be {SafetensorsType.Weights}.");
        long[] lengths = [.. shape.EnumerateArray().Select(each => each.ValueKind == JsonValueKind.Number && each.TryGetInt64(out long n) && n >= 0 ? n
            : throw Refuse($"lengths in the shape of {what}", each.GetRawText(), "Download it again."))];
        long[] span = [.. offsets.EnumerateArray().Select(each => each.ValueKind == JsonValueKind.Number && each.TryGetInt64(out long n) && n >= 0 && n <= dataLength ? n
            : throw Refuse($"offsets of {what} from 0 to {dataLength:N0}", each.GetRawText(), "The file is cut short or damaged: download it again."))];
        UInt128 bytes = (UInt128)type.Bytes;
        foreach (long each in lengths)
        {
            bytes = bytes <= (UInt128)long.MaxValue ? bytes * (UInt128)each : bytes; // larger than any file; and 0 stays 0
        }
        if (span[1] < span[0] || bytes != (UInt128)(span[1] - span[0]))
        {
            throw Refuse($"{what} of {type.Name} ({string.Join(", ", lengths)}) in {bytes:N0} bytes", $"offsets {span[0]:N0} to {span[1]:N0}", "Download it again.");
        }
        return new SafetensorsTensor(entry.Name, type, lengths, this, start + span[0]);
    }

    private void RequireCover(List<SafetensorsTensor> tensors, long start, long dataLength)
    {
        long end = start;
        foreach (SafetensorsTensor tensor in tensors)
        {
            if (tensor.Offset != end)
            {
                throw Refuse($"'{tensor.Name}' to begin where the tensor before it ends, at {end - start:N0}", $"{tensor.Offset - start:N0}, {(tensor.Offset < end ? "an overlap" : "a gap")}", "Download it again.");
            }
            end += tensor.ByteLength;
        }
        if (end != start + dataLength)
        {
            throw Refuse($"tensors to cover all {dataLength:N0} bytes of data", $"{end - start:N0}", "Download it again.");
        }
    }

    private ModelFileException Refuse(string expected, string found, string hint) =>
        new($"Opening the safetensors file {Name}: expected {expected}, found {found}. {hint}");
}
