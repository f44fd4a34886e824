namespace Engine.Gguf;

/// <summary>Everything before the tensor data of one file. The layout is that of ggml's docs/gguf.md:
/// magic, version, tensor count, entry count, entries, tensor records, padding, data. Versions 2 and 3 differ only
/// in that 3 allows big-endian files; both have 64-bit counts and lengths.</summary>
internal sealed record GgufHeader(uint Version, GgufMetadata Metadata, IReadOnlyList<GgufTensor> Tensors)
{
    private const uint Magic = 0x4655_4747; // "GGUF", the first character in the lowest byte
    private const int ShortestEntry = 8 + 1 + 4 + 1;
    private const int ShortestTensor = 8 + 1 + 4 + 4 + 8;

    public static GgufHeader Read(MappedFile file, int part = 0)
    {
        var cursor = new GgufCursor(file);
        if (file.Length < sizeof(uint) || cursor.UInt32("the magic number") != Magic)
        {
            throw new ModelFileException(
                $"Opening '{Path.GetFileName(file.Path)}': this is not a GGUF file; {Beginning(file)}. Give a GGUF file; other formats must be converted first.");
        }
        uint version = ReadVersion(cursor);
        int tensorCount = cursor.Count("the number of tensors", GgufLimits.Tensors, ShortestTensor);
        int entryCount = cursor.Count("the number of metadata entries", GgufLimits.MetadataEntries, ShortestEntry);
        GgufMetadata metadata = ReadMetadata(cursor, file, entryCount);
        uint alignment = ReadAlignment(cursor, metadata);
        var records = new List<GgufTensor>(tensorCount);
        for (int i = 0; i < tensorCount; i++)
        {
            records.Add(GgufTensorRecord.Read(cursor, part));
        }
        long data = checked((cursor.Position + alignment - 1) / alignment * alignment);
        return new GgufHeader(version, metadata, GgufTensorRecord.Place(records, cursor, data, alignment, file.Length));
    }

    private static string Beginning(MappedFile file)
    {
        ReadOnlySpan<byte> bytes = file.Slice(0, (int)Math.Min(sizeof(uint), file.Length));
        return bytes.IsEmpty ? "it is empty"
            : !bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? $"it begins with '{System.Text.Encoding.ASCII.GetString(bytes)}'"
            : $"it begins with the bytes {Convert.ToHexString(bytes)}";
    }

    private static uint ReadVersion(GgufCursor cursor)
    {
        uint version = cursor.UInt32("the version");
        return version switch
        {
            2 or 3 => version,
            _ when version != 0 && (version & 0xFFFF) == 0 =>
                throw cursor.Refuse("the version", "2 or 3", "a big-endian file", "Convert the file for little-endian machines."),
            _ => throw cursor.Refuse("the version", "2 or 3", $"{version}", "Convert the file again with current tools."),
        };
    }

    private static GgufMetadata ReadMetadata(GgufCursor cursor, MappedFile file, int count)
    {
        var entries = new OrderedDictionary<string, GgufValue>(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string key = cursor.Name($"the key of metadata entry {i}", GgufLimits.KeyBytes);
            if (!entries.TryAdd(key, GgufValueReader.Read(cursor, key)))
            {
                throw cursor.Refuse($"metadata entry {i}", "a new key", $"'{key}' a second time");
            }
        }
        return new GgufMetadata(entries, Path.GetFileName(file.Path));
    }

    private static uint ReadAlignment(GgufCursor cursor, GgufMetadata metadata)
    {
        uint alignment = metadata.GetUInt32(GgufKeys.Alignment) ?? GgufLimits.DefaultAlignment;
        return alignment is > 0 and <= GgufLimits.Alignment && uint.IsPow2(alignment)
            ? alignment
            : throw cursor.Refuse($"'{GgufKeys.Alignment}'", $"a power of two up to {GgufLimits.Alignment:N0}", $"{alignment}");
    }
}
