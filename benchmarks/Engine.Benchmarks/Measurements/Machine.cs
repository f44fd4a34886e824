using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ReferenceModels.Ops;
using ReferenceModels.Quantization;

namespace Engine.Benchmarks.Measurements;

/// <summary>What bounds a model on this machine: the rate at which threads read a mapped file, and at which they multiply and add.</summary>
internal static unsafe class Machine
{
    private const int Runs = 5;

    /// <summary>The processor and the vectors that .NET uses.</summary>
    public static string Description
    {
        get
        {
            string name = !File.Exists("/proc/cpuinfo") ? "a processor"
                : File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "a processor";
            string vectors = Vector512.IsHardwareAccelerated ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "vectors of 128 bits";
            return $"{name}, {Environment.ProcessorCount} cores; .NET {Environment.Version} uses {vectors}{(Fma.IsSupported ? " with FMA" : "")}";
        }
    }

    /// <summary>Bytes per second that threads read together of a file that lies in the page cache; the best of several runs.</summary>
    public static double ReadBandwidth(string path, Workers workers)
    {
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* data = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref data);
        const long piece = 1 << 20;
        int pieces = (int)Math.Min(new FileInfo(path).Length / piece, 1 << 10);
        var sums = new long[pieces];
        double best = double.MaxValue;
        for (int run = 0; run <= Runs; run++)
        {
            long begin = Stopwatch.GetTimestamp();
            workers.For(pieces, i => sums[i] = Sum(data + i * piece, piece));
            best = run == 0 ? best : Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);   // the first maps the pages
        }
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        return pieces * piece / best;
    }

    /// <summary>Floating-point operations per second of fused multiply-adds in registers, of all threads together; the best of several runs.</summary>
    public static double FusedPeak(Workers workers)
    {
        const int rounds = 2_000_000, parts = 16;
        var results = new float[parts];
        double best = double.MaxValue;
        for (int run = 0; run <= Runs; run++)
        {
            long begin = Stopwatch.GetTimestamp();
            workers.For(parts, i => results[i] = Vector512.IsHardwareAccelerated ? Fused<Vector512<float>, Lanes512>(rounds) : Fused<Vector256<float>, Lanes256>(rounds));
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }
        int lanes = Vector512.IsHardwareAccelerated ? 16 : 8;
        return 2.0 * lanes * 10 * rounds * parts / best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Sum(byte* data, long length)
    {
        Vector256<long> a = default, b = default, c = default, d = default;
        for (byte* end = data + length; data < end; data += 128)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(data + 2048);
                Sse.Prefetch0(data + 2112);
            }
            a ^= Vector256.Load((long*)data);
            b ^= Vector256.Load((long*)(data + 32));
            c ^= Vector256.Load((long*)(data + 64));
            d ^= Vector256.Load((long*)(data + 96));
        }
        return Vector256.Sum(a ^ b ^ c ^ d);
    }

    // Ten sums hide the latency of a multiply-add.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Fused<V, TLanes>(int rounds) where TLanes : ILanes<V>
    {
        V a = TLanes.Broadcast(0.999f), b = TLanes.Broadcast(1e-3f);
        V s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a;
        for (int i = 0; i < rounds; i++)
        {
            s0 = TLanes.MultiplyAdd(s0, a, b);
            s1 = TLanes.MultiplyAdd(s1, a, b);
            s2 = TLanes.MultiplyAdd(s2, a, b);
            s3 = TLanes.MultiplyAdd(s3, a, b);
            s4 = TLanes.MultiplyAdd(s4, a, b);
            s5 = TLanes.MultiplyAdd(s5, a, b);
            s6 = TLanes.MultiplyAdd(s6, a, b);
            s7 = TLanes.MultiplyAdd(s7, a, b);
            s8 = TLanes.MultiplyAdd(s8, a, b);
            s9 = TLanes.MultiplyAdd(s9, a, b);
        }
        return TLanes.Sum(s0) + TLanes.Sum(s1) + TLanes.Sum(s2) + TLanes.Sum(s3) + TLanes.Sum(s4)
            + TLanes.Sum(s5) + TLanes.Sum(s6) + TLanes.Sum(s7) + TLanes.Sum(s8) + TLanes.Sum(s9);
    }
}
