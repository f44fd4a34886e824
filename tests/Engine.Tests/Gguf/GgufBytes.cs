using System.Text;

namespace Engine.Tests.Gguf;

/// <summary>Writes the bytes of a file one field at a time, in the order of ggml's docs/gguf.md, right or wrong.
/// Deliberately not the project's own writer.</summary>
internal sealed class GgufBytes
{
    private readonly List<byte> _bytes = [];

    public static GgufBytes Header(ulong tensors = 0, ulong entries = 0, uint version = 3) =>
        new GgufBytes().Raw("GGUF"u8).UInt32(version).UInt64(tensors).UInt64(entries);

    public GgufBytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public GgufBytes UInt32(uint value) => Raw(BitConverter.GetBytes(value));

    public GgufBytes UInt64(ulong value) => Raw(BitConverter.GetBytes(value));

    public GgufBytes String(string value) => UInt64((ulong)Encoding.UTF8.GetByteCount(value)).Raw(Encoding.UTF8.GetBytes(value));

    /// <summary>An entry's key and type number; the value comes after.</summary>
    public GgufBytes Key(string key, uint type) => String(key).UInt32(type);

    public GgufBytes StringEntry(string key, string value) => Key(key, 8).String(value);

    public GgufBytes UInt32Entry(string key, uint value) => Key(key, 4).UInt32(value);

    public GgufBytes UInt16Entry(string key, ushort value) => Key(key, 2).Raw(BitConverter.GetBytes(value));

    public GgufBytes StringsEntry(string key, params string[] values)
    {
        Key(key, 9).UInt32(8).UInt64((ulong)values.Length);
        foreach (string value in values)
        {
            String(value);
        }
        return this;
    }

    public GgufBytes Tensor(string name, long[] shape, uint type = 0, ulong offset = 0)
    {
        String(name).UInt32((uint)shape.Length);
        foreach (long length in shape)
        {
            UInt64((ulong)length);
        }
        return UInt32(type).UInt64(offset);
    }

    public GgufBytes TensorIf(bool condition, string name, long[] shape, uint type, ulong offset) =>
        condition ? Tensor(name, shape, type, offset) : this;

    /// <summary>Padding to a multiple of the alignment, then data.</summary>
    public GgufBytes Data(int length, int alignment = 32)
    {
        Raw(new byte[(alignment - (_bytes.Count % alignment)) % alignment]);
        return Raw([.. Enumerable.Range(0, length).Select(i => (byte)i)]);
    }

    public byte[] ToArray() => [.. _bytes];

    public static implicit operator byte[](GgufBytes bytes) => bytes.ToArray();
}
