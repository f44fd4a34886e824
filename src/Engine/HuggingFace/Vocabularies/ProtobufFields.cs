using System.Buffers.Binary;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>Reads the fields of a Protocol Buffers message one after the other (https://protobuf.dev/programming-guides/encoding).</summary>
internal ref struct ProtobufFields(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The number of the field.</summary>
    public int Number { get; private set; }

    /// <summary>Its bytes, if it is a text or a message.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Its value, if it is an integer.</summary>
    public ulong Value { get; private set; }

    /// <summary>Its value, if it is a float.</summary>
    public readonly float Float => BitConverter.UInt32BitsToSingle((uint)Value);

    /// <summary>Goes to the next field.</summary>
    /// <exception cref="ModelFileException">The message is cut short or damaged.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }
        ulong tag = Varint();
        Number = (int)(tag >> 3);
        Value = 0;
        Bytes = [];
        switch (tag & 7)
        {
            case 0: Value = Varint(); break;
            case 1: Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8)); break;
            case 2: Bytes = Take(Varint()); break;
            case 5: Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(4)); break;
            default: throw Damaged();
        }
        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && !_rest.IsEmpty; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
        throw Damaged();
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw Damaged();
        }
        ReadOnlySpan<byte> taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private static ModelFileException Damaged() => new("Reading tokenizer.model: expected a SentencePiece model, found other bytes. Download the file again.");
}
