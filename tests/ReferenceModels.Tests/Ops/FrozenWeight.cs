using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Quantization;
using ReferenceModels.Tests.Quantization;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Ops;

/// <summary>A weight of random blocks in memory that ends where the last block ends, as a file's mapping may.</summary>
internal sealed unsafe class FrozenWeight : IDisposable
{
    private readonly byte[] _blocks;
    private readonly GCHandle _pin;

    public FrozenWeight(GgmlType type, int rows, int columns)
    {
        _blocks = RandomBlocks.Of(BlockFormat.Of(type, "w"), rows * columns, seed: rows);
        _pin = GCHandle.Alloc(_blocks, GCHandleType.Pinned);
        Weight = Weight.Frozen("w", type, rows, columns, (byte*)_pin.AddrOfPinnedObject());
    }

    /// <summary>The bytes of the rows.</summary>
    public byte[] Blocks => _blocks;

    public Weight Weight { get; }

    public double[] Doubles()
    {
        var row = new float[Weight.Columns];
        return [.. Enumerable.Range(0, Weight.Rows).SelectMany(r =>
        {
            Weight.ReadRow(r, row);
            return row.Select(v => (double)v).ToArray();
        })];
    }

    public void Dispose() => _pin.Free();
}
