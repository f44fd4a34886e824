using BenchmarkDotNet.Attributes;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Quantization;

namespace Engine.Benchmarks;

/// <summary>The product with one weight under BenchmarkDotNet; <see cref="KernelTable"/> gives rates in a few seconds.</summary>
/// <remarks>In this process: a program of BenchmarkDotNet's own making would not see the internals.</remarks>
[InProcess]
public class LinearBenchmarks : IDisposable
{
    private const int Rows = 2048;
    private const int Columns = 2048;

    private RandomWeights _weights = null!;
    private Workers _workers = null!;
    private float[] _x = [];
    private float[] _y = [];
    private int _call;

    [ParamsSource(nameof(Types))]
    public GgmlType Type { get; set; }

    /// <summary>All that the reference reads.</summary>
    public static IEnumerable<GgmlType> Types => BlockFormat.All.Select(format => format.Type);

    [Params(1, 64)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _weights = new RandomWeights(Type, Rows, Columns, copies: 16);
        _workers = new Workers(0);
        _x = RandomWeights.Activations(Tokens * Columns);
        _y = new float[Tokens * Rows];
    }

    [Benchmark]
    public void Forward() => Linear.Forward(_weights[_call++ & 15], _x, _y, _workers);

    [GlobalCleanup]
    public void Dispose()
    {
        _workers.Dispose();
        _weights.Dispose();
        GC.SuppressFinalize(this);
    }
}
