using System.Runtime.InteropServices;
using Engine;
using ReferenceModels.Quantization;
using ReferenceModels.Tests.Ops;

namespace ReferenceModels.Tests.Quantization;

/// <summary>ggml's own rounding of activations is the judge, bit for bit.</summary>
public class ActivationRoundingTests
{
    private const int N = 4096;

    [Fact]
    public void Blocks_of_32_are_those_of_ggml()
    {
        float[] x = Activations(), y = new float[N];
        foreach (var build in GgmlCpu.Builds)
        {
            ActivationRounding.Round(build.Build, ActivationFormat.Q8_0, x, y, []);
            // half d, int8 q[32]
            var blocks = build.Round("quantize_row_q8_0", x, N / 32 * 34);
            Assert.Equal(Enumerable.Range(0, N).Select(i => Number(blocks, i / 32 * 34) * (sbyte)blocks[i / 32 * 34 + 2 + i % 32]), y);
        }
    }

    [Fact]
    public void Blocks_of_32_with_a_sum_are_those_of_ggml()
    {
        float[] x = Activations(), y = new float[N], sums = new float[N / 32];
        foreach (var build in GgmlCpu.Builds)
        {
            ActivationRounding.Round(build.Build, ActivationFormat.Q8_1, x, y, sums);
            // half d, half s, int8 q[32]
            var blocks = build.Round("quantize_row_q8_1", x, N / 32 * 36);
            Assert.Equal(Enumerable.Range(0, N).Select(i => Number(blocks, i / 32 * 36) * (sbyte)blocks[i / 32 * 36 + 4 + i % 32]), y);
            Assert.Equal(Enumerable.Range(0, N / 32).Select(k => Number(blocks, k * 36 + 2)), sums);
        }
    }

    [Fact]
    public void Blocks_of_256_are_those_of_ggml()
    {
        float[] x = Activations(), y = new float[N];
        foreach (var build in GgmlCpu.Builds)
        {
            ActivationRounding.Round(build.Build, ActivationFormat.Q8_K, x, y, []);
            // float d, int8 q[256], int16 sums[16]
            var blocks = build.Round("quantize_row_q8_K", x, N / 256 * 292);
            Assert.Equal(Enumerable.Range(0, N).Select(i => MemoryMarshal.Read<float>(blocks.AsSpan(i / 256 * 292)) * (sbyte)blocks[i / 256 * 292 + 4 + i % 256]), y);
        }
    }

    [Fact]
    public void Numbers_of_16_bits_are_those_of_ggml()
    {
        float[] x = Activations(), halves = new float[N], upper = new float[N];
        ActivationRounding.Round(GgmlBuild.Current, ActivationFormat.F16, x, halves, []);
        ActivationRounding.Round(GgmlBuild.Current, ActivationFormat.BF16, x, upper, []);
        foreach (var build in GgmlCpu.Builds)
        {
            var f16 = build.Round("ggml_cpu_fp32_to_fp16", x, 2 * N);
            Assert.Equal(Enumerable.Range(0, N).Select(i => Number(f16, 2 * i)), halves);
            var bf16 = MemoryMarshal.Cast<byte, ushort>(build.Round("ggml_cpu_fp32_to_bf16", x, 2 * N)).ToArray();
            Assert.Equal(bf16.Select(bits => BitConverter.Int32BitsToSingle(bits << 16)), upper);
        }
    }

    // Ordinary sizes; a block in which every number is midway between two integers; one of zeros; one too small for a scale in F16.
    private static float[] Activations()
    {
        var x = Numbers.Floats(N, 11).Select((v, i) => v * MathF.ScaleB(1, i / 256 - 8)).ToArray();
        for (var i = 0; i < 256; i++)
        {
            x[256 + i] = i % 32 == 0 ? 127 : i % 64 - 31.5f;
            x[512 + i] = 0;
            x[768 + i] *= 1e-8f;
        }

        return x;
    }

    private static float Number(byte[] blocks, int at) => (float)MemoryMarshal.Read<Half>(blocks.AsSpan(at));
}
