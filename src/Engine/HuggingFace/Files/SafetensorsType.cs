using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Engine.HuggingFace.Files;

/// <summary>How a safetensors file stores the elements of a tensor.</summary>
/// <param name="Name">The name as spelled in the file.</param>
/// <param name="Bytes">The number of bytes of an element.</param>
internal sealed record SafetensorsType(string Name, int Bytes)
{
    private static readonly Dictionary<string, SafetensorsType> All = new SafetensorsType[]
    {
        new("BOOL", 1), new("U8", 1), new("I8", 1), new("F8_E5M2", 1), new("F8_E4M3", 1), new("I16", 2), new("U16", 2), new("F16", 2), new("BF16", 2),
        new("I32", 4), new("U32", 4), new("F32", 4), new("F64", 8), new("I64", 8), new("U64", 8),
    }.ToDictionary(type => type.Name, StringComparer.Ordinal);

    private static readonly float[] E4M3 = [.. Enumerable.Range(0, 256).Select(bits => FromE4M3((byte)bits))];
    private static readonly float[] E5M2 = [.. Enumerable.Range(0, 256).Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)(bits << 8)))];

    /// <summary>The names of the types that weights can have.</summary>
    public const string Weights = "F32, F16, BF16, F8_E4M3 or F8_E5M2";

    /// <summary>The type with a name; null if it is unknown.</summary>
    public static SafetensorsType? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>Whether it is one of <see cref="Weights"/>.</summary>
    public bool IsWeights => Name is "F32" or "F16" or "BF16" or "F8_E4M3" or "F8_E5M2";

    /// <summary>Converts elements to floats, exactly for every type of weights.</summary>
    /// <param name="bytes">The bytes of complete elements.</param>
    /// <param name="values">Receives as many floats.</param>
    public void ToSingles(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        switch (Name)
        {
            case "F32":
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values);
                break;
            case "F16":
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
                break;
            case "BF16":
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
                }
                break;
            case "F8_E4M3":
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = E4M3[bytes[i]];
                }
                break;
            case "F8_E5M2":
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = E5M2[bytes[i]];
                }
                break;
            default:
                throw new InvalidOperationException($"Reading weights of {Name}: expected {Weights}.");
        }
    }

    // One sign bit, 4 bits of exponent with a bias of 7, 3 bits of fraction; no infinity, and one NaN of each sign (the OCP's FP8, form FN).
    private static float FromE4M3(byte bits)
    {
        int exponent = (bits >> 3) & 15, fraction = bits & 7;
        float size = exponent == 15 && fraction == 7 ? float.NaN
            : exponent == 0 ? fraction / 512f
            : MathF.ScaleB(1 + (fraction / 8f), exponent - 7);
        return bits >= 0x80 ? -size : size;
    }
}
