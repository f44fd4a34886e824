using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Tests.Quantization;

namespace ReferenceModels.Tests;

/// <summary>Random weights in ggml's block formats. In the common ones nothing is quantized: the bits themselves are drawn, and the
/// scales give the weights about the requested deviation and a mean of about 0. Layouts: ggml-common.h of v0.5.0.
/// The others are quantized by ggml.</summary>
internal static class RandomWeights
{
    public static byte[] Make(Random random, GgmlType type, long elements, float deviation) => type switch
    {
        GgmlType.F32 => MemoryMarshal.AsBytes<float>(Normal(random, elements, deviation)).ToArray(),
        GgmlType.F16 => MemoryMarshal.AsBytes<Half>([.. Normal(random, elements, deviation).Select(value => (Half)value)]).ToArray(),
        GgmlType.BF16 => MemoryMarshal.AsBytes<ushort>([.. Normal(random, elements, deviation).Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))]).ToArray(),
        GgmlType.Q8_0 => Blocks(random, elements / 32, 34, [(0, deviation / 74)]),
        GgmlType.Q4_0 => Blocks(random, elements / 32, 18, [(0, deviation / 4.6f)]),
        GgmlType.Q4_1 => Blocks(random, elements / 32, 20, [(0, deviation / 4.6f), (2, -7.5f * deviation / 4.6f)]),
        // Scales and minima of 6 bits, with a mean of about 31; the minimum subtracts the mean of 4 or 5 bits.
        GgmlType.Q4_K => Blocks(random, elements / 256, 144, [(0, deviation / 220), (2, 7.5f * deviation / 220)]),
        GgmlType.Q5_K => Blocks(random, elements / 256, 176, [(0, deviation / 440), (2, 15.5f * deviation / 440)]),
        GgmlType.Q6_K => Blocks(random, elements / 256, 210, [(208, deviation / 1350)]),
        // ggml's quantizers need seconds to prepare these.
        GgmlType.IQ2_XXS => Blocks(random, elements / 256, 66, [(0, deviation / 50)]),
        GgmlType.IQ2_XS => Blocks(random, elements / 256, 74, [(0, deviation / 50)]),
        GgmlType.IQ2_S => Blocks(random, elements / 256, 82, [(0, deviation / 50)]),
        GgmlType.IQ1_S => Blocks(random, elements / 256, 50, [(0, deviation / 7.5f)]),
        GgmlType.IQ1_M => Scattered(random, elements / 256, deviation / 7.5f),
        // Not a weight format, so it must be refused.
        GgmlType.I32 => Blocks(random, elements, 4, []),
        _ => Quantized(random, type, elements, deviation),
    };

    private static byte[] Blocks(Random random, long blocks, int bytes, (int Offset, float Value)[] halves)
    {
        var data = new byte[blocks * bytes];
        random.NextBytes(data);
        for (long block = 0; block < blocks; block++)
        {
            foreach ((int offset, float value) in halves)
            {
                MemoryMarshal.Write(data.AsSpan((int)(block * bytes) + offset), (Half)(value * (0.5f + (float)random.NextDouble())));
            }
        }
        return data;
    }

    // IQ1_M has its half in the upper nibbles of four words.
    private static byte[] Scattered(Random random, long blocks, float value)
    {
        byte[] data = Blocks(random, blocks, 56, []);
        for (int at = 48; at < data.Length; at += 56)
        {
            ushort bits = BitConverter.HalfToUInt16Bits((Half)(value * (0.5f + (float)random.NextDouble())));
            for (int nibble = 0; nibble < 4; nibble++)
            {
                ref byte upper = ref data[at + 2 * nibble + 1];
                upper = (byte)((upper & 15) | (bits >> (4 * nibble) & 15) << 4);
            }
        }
        return data;
    }

    // A few blocks repeated in random order, since some of the quantizers are slow.
    private static byte[] Quantized(Random random, GgmlType type, long elements, float deviation)
    {
        const int block = 256, kinds = 24;
        byte[] blocks = GgmlJudge.Quantize(type, Normal(random, block * kinds, deviation));
        int bytes = blocks.Length / kinds;
        return [.. Enumerable.Range(0, (int)(elements / block)).SelectMany(_ => blocks.AsSpan(random.Next(kinds) * bytes, bytes).ToArray())];
    }

    private static float[] Normal(Random random, long count, float deviation)
    {
        var values = new float[count];
        for (long i = 0; i < count; i++)
        {
            // Box and Muller.
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = deviation * (float)(radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
        return values;
    }
}
