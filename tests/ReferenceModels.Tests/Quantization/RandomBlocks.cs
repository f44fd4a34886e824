using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Quantization;

namespace ReferenceModels.Tests.Quantization;

/// <summary>Random rows in any block format, with finite scales.</summary>
internal static class RandomBlocks
{
    /// <summary><paramref name="n"/> elements from <paramref name="seed"/>; values of ordinary size unless <paramref name="wild"/>:
    /// then any finite bits, including subnormal scales.</summary>
    public static byte[] Of(BlockFormat format, int n, int seed, bool wild = false)
    {
#pragma warning disable RS0030 // The seed is the argument.
        var random = new Random(seed);
#pragma warning restore RS0030
        var bytes = new byte[format.RowBytes(n)];
        random.NextBytes(bytes);
        for (var at = 0; at < bytes.Length; at += format.Bytes)
        {
            foreach (var offset in Scales(format.Type))
            {
                Finite(format.Type, bytes.AsSpan(at + offset), wild);
            }
        }

        return bytes;
    }

    // Where a block keeps the floating-point numbers that must be finite.
    private static int[] Scales(GgmlType type) => type switch
    {
        GgmlType.Q4_K or GgmlType.Q5_K or GgmlType.Q4_1 or GgmlType.Q5_1 => [0, 2],
        GgmlType.Q2_K => [80, 82],
        GgmlType.Q3_K => [108],
        GgmlType.Q6_K => [208],
        GgmlType.TQ1_0 => [52],
        GgmlType.TQ2_0 => [64],
        // The half is in the upper nibbles of four words, sign and most of the exponent in the last.
        GgmlType.IQ1_M => [54],
        GgmlType.NVFP4 => [0, 1, 2, 3],
        _ => [0],
    };

    private static void Finite(GgmlType type, Span<byte> at, bool wild)
    {
        var bits = MemoryMarshal.Read<ushort>(at);
        switch (type)
        {
            // The exponents of ±[2^-4, 2^4), or any but the one of infinity.
            case GgmlType.F32:
                var word = MemoryMarshal.Read<uint>(at);
                MemoryMarshal.Write(at, wild ? word & 0xFF7FFFFF : (word & 0x83FFFFFF) | 0x3C000000);
                break;
            case GgmlType.BF16:
                MemoryMarshal.Write(at, (ushort)(wild ? bits & 0xFF7F : (bits & 0x83FF) | 0x3C00));
                break;
            // 2^-6 … 2^1, or any power of two.
            case GgmlType.MXFP4:
                at[0] = wild ? at[0] : (byte)(at[0] & 7 | 120);
                break;
            // An unsigned byte, always finite; 2^-4 … 2^3.
            case GgmlType.NVFP4:
                at[0] = wild ? at[0] : (byte)(at[0] & 0x37 | 0x20);
                break;
            // The highest bit of the exponent must be cleared: the lowest, cleared below, is in another word.
            case GgmlType.IQ1_M:
                MemoryMarshal.Write(at, (ushort)(wild ? bits & 0xBFFF : (bits & 0x8FFF) | 0x2000));
                break;
            default:
                MemoryMarshal.Write(at, (ushort)(wild ? bits & 0xFBFF : (bits & 0x8FFF) | 0x2000));
                break;
        }
    }
}
