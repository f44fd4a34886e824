namespace Engine.Gguf;

/// <summary>Reads tensor records and checks them against the file.</summary>
internal static class GgufTensorRecord
{
    /// <summary>Reads one record. Its offset is relative to the beginning of the data, which is not known yet.</summary>
    public static GgufTensor Read(GgufCursor cursor, int part)
    {
        string name = cursor.Name("a tensor's name", GgufLimits.TensorNameBytes);
        string what = $"tensor '{name}'";
        uint dimensions = cursor.UInt32(what);
        if (dimensions > GgufLimits.Dimensions)
        {
            throw cursor.Refuse(what, $"at most {GgufLimits.Dimensions} dimensions", $"{dimensions}");
        }
        long[] shape = cursor.Array<long>((int)dimensions, what);
        var type = (GgmlType)cursor.UInt32(what);
        ulong offset = cursor.UInt64(what);
        CheckShape(cursor, what, shape, type);
        return offset <= long.MaxValue
            ? new GgufTensor(name, shape, type, part, (long)offset)
            : throw cursor.Refuse(what, "an offset inside the file", $"{offset:N0}");
    }

    private static void CheckShape(GgufCursor cursor, string what, long[] shape, GgmlType type)
    {
        if (!GgmlBlock.IsDefined(type))
        {
            throw cursor.Refuse(what, "a type that ggml has", $"{(int)type}", "Convert the file again with current tools.");
        }
        GgmlBlock block = GgmlBlock.Of(type);
        long row = shape.Length == 0 ? 1 : shape[0];
        if (shape.Any(length => length <= 0) || row % block.Elements != 0)
        {
            throw cursor.Refuse(what, $"positive lengths, the first a multiple of {block.Elements} for {block.Name}", $"({string.Join(", ", shape)})");
        }
        try
        {
            _ = block.BytesOf(shape.Aggregate(1L, (product, length) => checked(product * length)));
        }
        catch (OverflowException)
        {
            throw cursor.Refuse(what, "a size that 64 bits can hold", $"({string.Join(", ", shape)})");
        }
    }

    /// <summary>The tensors with offsets relative to the beginning of the file.</summary>
    public static IReadOnlyList<GgufTensor> Place(
        IReadOnlyList<GgufTensor> records, GgufCursor cursor, long data, uint alignment, long fileLength)
    {
        var tensors = new GgufTensor[records.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            GgufTensor record = records[i];
            string what = $"tensor '{record.Name}'";
            if (record.FileOffset % alignment != 0)
            {
                throw cursor.Refuse(what, $"an offset that is a multiple of {alignment}", $"{record.FileOffset:N0}");
            }
            if (record.FileOffset > fileLength - data || record.ByteLength > fileLength - data - record.FileOffset)
            {
                long remaining = Math.Max(0, fileLength - data - Math.Min(record.FileOffset, fileLength));
                throw cursor.Refuse(what, $"{record.ByteLength:N0} bytes of data", $"{remaining:N0} bytes left in the file");
            }
            tensors[i] = record with { FileOffset = data + record.FileOffset };
        }
        CheckOverlaps(tensors, cursor);
        return tensors;
    }

    private static void CheckOverlaps(GgufTensor[] tensors, GgufCursor cursor)
    {
        GgufTensor[] ordered = [.. tensors.OrderBy(tensor => tensor.FileOffset)];
        for (int i = 1; i < ordered.Length; i++)
        {
            GgufTensor before = ordered[i - 1];
            if (before.FileOffset + before.ByteLength > ordered[i].FileOffset)
            {
                throw cursor.Refuse($"tensor '{ordered[i].Name}'", "data of its own", $"data that overlaps that of '{before.Name}'");
            }
        }
    }
}
