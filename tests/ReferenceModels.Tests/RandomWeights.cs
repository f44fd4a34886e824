using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Tests.Quantization;

namespace ReferenceModels.Tests;

/// <summary>Random weights in ggml's block formats. In the usual ones nothing is quantized: the bits themselves are drawn, and the
/// scales so that the weights have about the deviation asked for and a mean of about 0. Layouts: ggml-common.h of v0.5.0.
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
        // Scales and minima of 6 bits, about 31 on the mean; the minimum takes away the mean of 4 or 5 bits.
        GgmlType.Q4_K => Blocks(random, elements / 256, 144, [(0, deviation / 220), (2, 7.5f * deviation / 220)]),
        GgmlType.Q5_K => Blocks(random, elements / 256, 176, [(0, deviation / 440), (2, 15.5f * deviation / 440)]),
        GgmlType.Q6_K => Blocks(random, elements / 256, 210, [(208, deviation / 1350)]),
        // Not a format of weights: to be refused.
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

    // Some of the quantizers search for long: the same few blocks over and over, in random order.
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
