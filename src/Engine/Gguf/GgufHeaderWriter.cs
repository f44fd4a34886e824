using System.Runtime.InteropServices;
using System.Text;

namespace Engine.Gguf;

/// <summary>Writes everything before the tensor data, in version 3.</summary>
internal static class GgufHeaderWriter
{
    public static void Write(Stream stream, IReadOnlyDictionary<string, GgufValue> metadata, IReadOnlyList<GgufTensor> tensors)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach ((string key, GgufValue value) in metadata)
        {
            WriteString(writer, Encoding.UTF8.GetBytes(key));
            writer.Write((uint)value.Type);
            WriteValue(writer, value);
        }
        foreach (GgufTensor tensor in tensors)
        {
            WriteString(writer, Encoding.UTF8.GetBytes(tensor.Name));
            writer.Write((uint)tensor.Shape.Count);
            foreach (long length in tensor.Shape)
            {
                writer.Write(length);
            }
            writer.Write((uint)tensor.Type);
            writer.Write((ulong)tensor.FileOffset); // relative to the beginning of the data
        }
    }

    private static void WriteValue(BinaryWriter writer, GgufValue value)
    {
        if (value.Type == GgufValueType.String)
        {
            WriteString(writer, value.StringBytes);
            return;
        }
        if (value.ElementType is not { } elementType)
        {
            WriteScalar(writer, value.Value);
            return;
        }
        writer.Write((uint)elementType);
        writer.Write((ulong)value.Count);
        if (value.Value is GgufStrings strings)
        {
            for (int i = 0; i < strings.Count; i++)
            {
                WriteString(writer, strings.Bytes(i));
            }
            return;
        }
        var numbers = (Array)value.Value;
        writer.Write(MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(numbers), checked(numbers.Length * GgufValue.SizeOf(elementType))));
    }

    private static void WriteScalar(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case byte number: writer.Write(number); break;
            case sbyte number: writer.Write(number); break;
            case ushort number: writer.Write(number); break;
            case short number: writer.Write(number); break;
            case uint number: writer.Write(number); break;
            case int number: writer.Write(number); break;
            case ulong number: writer.Write(number); break;
            case long number: writer.Write(number); break;
            case float number: writer.Write(number); break;
            case double number: writer.Write(number); break;
            case bool truth: writer.Write(truth); break;
            default: throw new ArgumentException($"A GGUF file has no metadata of the type {value.GetType().Name}.", nameof(value));
        }
    }

    private static void WriteString(BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
