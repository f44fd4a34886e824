using System.Buffers;
using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Engine.Gguf;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>The formats in which weights are written without a quantizer.</summary>
internal static class WeightType
{
    // How many values are converted at once, so that the buffer stays small however long a row is.
    private const int Chunk = 1 << 16;

    /// <summary>The format that stores a checkpoint's type without loss. An 8-bit float fits exactly into a 16-bit one.</summary>
    public static GgmlType Of(SafetensorsType type) => type.Name switch
    {
        "F32" => GgmlType.F32,
        "BF16" => GgmlType.BF16,
        _ => GgmlType.F16,
    };

    /// <summary>Writes floats in a format.</summary>
    /// <exception cref="ModelFileException">A number is beyond the range of the format.</exception>
    public static void Write(Stream stream, ReadOnlySpan<float> values, GgmlType type, string name)
    {
        if (type == GgmlType.F32)
        {
            stream.Write(MemoryMarshal.AsBytes(values));
            return;
        }
        byte[] rented = ArrayPool<byte>.Shared.Rent(Chunk * 2);
        foreach (Range range in Chunks(values.Length))
        {
            ReadOnlySpan<float> part = values[range];
            Span<byte> bytes = rented.AsSpan(0, part.Length * 2);
            Encode(part, bytes, type);
            if (type == GgmlType.F16)
            {
                RequireFinite(part, MemoryMarshal.Cast<byte, Half>(bytes), name);
            }
            stream.Write(bytes);
        }
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Rounds floats to a format, in place.</summary>
    public static void Round(Span<float> values, GgmlType type)
    {
        if (type == GgmlType.F32)
        {
            return;
        }
        byte[] rented = ArrayPool<byte>.Shared.Rent(Chunk * 2);
        foreach (Range range in Chunks(values.Length))
        {
            Span<float> part = values[range];
            Span<byte> bytes = rented.AsSpan(0, part.Length * 2);
            Encode(part, bytes, type);
            if (type == GgmlType.F16)
            {
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), part);
                continue;
            }
            for (int i = 0; i < part.Length; i++)
            {
                part[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
            }
        }
        ArrayPool<byte>.Shared.Return(rented);
    }

    private static IEnumerable<Range> Chunks(int length)
    {
        for (int start = 0; start < length; start += Chunk)
        {
            yield return start..Math.Min(length, start + Chunk);
        }
    }

    private static void Encode(ReadOnlySpan<float> values, Span<byte> bytes, GgmlType type)
    {
        if (type == GgmlType.F16)
        {
            TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(bytes));
            return;
        }
        ToBrain(values, bytes);
    }

    private static void RequireFinite(ReadOnlySpan<float> values, ReadOnlySpan<Half> halves, string name)
    {
        for (int i = 0; i < halves.Length; i++)
        {
            if (!Half.IsFinite(halves[i]) && float.IsFinite(values[i]))
            {
                throw new ModelFileException($"Writing '{name}' as F16: expected numbers up to 65,504, found {values[i]}. Write BF16 or F32 (--type bf16).");
            }
        }
    }

    // Rounds to nearest, ties to even. A NaN stays a NaN.
    private static void ToBrain(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            uint rounded = float.IsNaN(values[i]) ? bits | 0x400000 : bits + 0x7FFF + ((bits >> 16) & 1);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], (ushort)(rounded >> 16));
        }
    }
}
