using System.Runtime.CompilerServices;

namespace Engine.Gguf;

/// <summary>Reads metadata values.</summary>
internal static class GgufValueReader
{
    public static GgufValue Read(GgufCursor cursor, string key)
    {
        string what = $"metadata '{key}'";
        var type = (GgufValueType)cursor.UInt32(what);
        return type switch
        {
            GgufValueType.String => GgufValue.FromString(cursor.String(what, GgufLimits.StringBytes).ToArray()),
            GgufValueType.Array => ReadArray(cursor, what),
            _ => ReadNumbers(cursor, what, type, null),
        };
    }

    private static GgufValue ReadArray(GgufCursor cursor, string what)
    {
        var type = (GgufValueType)cursor.UInt32(what);
        if (type == GgufValueType.Array)
        {
            throw cursor.Refuse(what, $"an array {GgufLimits.ArrayNesting} deep", "an array of arrays", "llama.cpp cannot read it either: convert the file again.");
        }
        int shortest = type == GgufValueType.String ? sizeof(ulong) : Math.Max(1, GgufValue.SizeOf(type));
        int count = cursor.Count($"the length of {what}", GgufLimits.ArrayElements, shortest);
        return type == GgufValueType.String ? ReadStrings(cursor, what, count) : ReadNumbers(cursor, what, type, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a loop over the vocabulary, once: no time for tiers
    private static GgufValue ReadStrings(GgufCursor cursor, string what, int count)
    {
        var ends = new int[count];
        using var bytes = new MemoryStream();
        for (int i = 0; i < count; i++)
        {
            bytes.Write(cursor.String(what, GgufLimits.StringBytes));
            if (bytes.Length > GgufLimits.ArrayElements)
            {
                throw cursor.Refuse(what, $"at most {GgufLimits.ArrayElements:N0} bytes of strings", "more");
            }
            ends[i] = (int)bytes.Length;
        }
        return GgufValue.FromStrings(new GgufStrings(bytes.ToArray(), ends));
    }

    private static GgufValue ReadNumbers(GgufCursor cursor, string what, GgufValueType type, int? count) => type switch
    {
        GgufValueType.UInt8 => Numbers<byte>(cursor, what, count),
        GgufValueType.Int8 => Numbers<sbyte>(cursor, what, count),
        GgufValueType.UInt16 => Numbers<ushort>(cursor, what, count),
        GgufValueType.Int16 => Numbers<short>(cursor, what, count),
        GgufValueType.UInt32 => Numbers<uint>(cursor, what, count),
        GgufValueType.Int32 => Numbers<int>(cursor, what, count),
        GgufValueType.Float32 => Numbers<float>(cursor, what, count),
        GgufValueType.UInt64 => Numbers<ulong>(cursor, what, count),
        GgufValueType.Int64 => Numbers<long>(cursor, what, count),
        GgufValueType.Float64 => Numbers<double>(cursor, what, count),
        GgufValueType.Bool => Bools(cursor, what, count),
        _ => throw cursor.Refuse(what, "a value type from 0 to 12", $"{(uint)type}"),
    };

    private static GgufValue Numbers<T>(GgufCursor cursor, string what, int? count) where T : unmanaged
    {
        T[] values = cursor.Array<T>(count ?? 1, what);
        return count is null ? GgufValue.FromScalar(values[0]) : GgufValue.FromArray(values);
    }

    private static GgufValue Bools(GgufCursor cursor, string what, int? count)
    {
        ReadOnlySpan<byte> bytes = cursor.Take(count ?? 1, what);
        if (bytes.ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw cursor.Refuse(what, "0 or 1", "another byte");
        }
        bool[] values = bytes.ToArray().Select(b => b == 1).ToArray();
        return count is null ? GgufValue.FromScalar(values[0]) : GgufValue.FromArray(values);
    }
}
