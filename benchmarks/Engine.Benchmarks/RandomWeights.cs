using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Quantization;
using ReferenceModels.Weights;

namespace Engine.Benchmarks;

/// <summary>Weights of random blocks with scales of everyday size, in memory.</summary>
internal sealed unsafe class RandomWeights : IDisposable
{
    private readonly byte* _data;
    private readonly Weight[] _copies;

    public RandomWeights(GgmlType type, int rows, int columns, int copies)
    {
        BlockFormat format = BlockFormat.Of(type, "w");
        long bytes = format.RowBytes(columns) * rows;
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)(bytes * copies), 64);
        Fill(format, new Span<byte>(_data, checked((int)bytes)));
        for (int copy = 1; copy < copies; copy++)
        {
            Buffer.MemoryCopy(_data, _data + copy * bytes, bytes, bytes);
        }
        _copies = [.. Enumerable.Range(0, copies).Select(copy => Weight.Frozen("w", type, rows, columns, _data + copy * bytes))];
    }

    /// <summary>A copy; one counts round them.</summary>
    public Weight this[int copy] => _copies[copy % _copies.Length];

    public static float[] Activations(int n)
    {
        Random random = Seeded();
        return [.. Enumerable.Range(0, n).Select(_ => (float)random.NextDouble() - 0.5f)];
    }

    public void Dispose() => NativeMemory.AlignedFree(_data);

    private static void Fill(BlockFormat format, Span<byte> bytes)
    {
        Random random = Seeded();
        random.NextBytes(bytes);
        for (; !bytes.IsEmpty; bytes = bytes[format.Bytes..])
        {
            float value = (float)random.NextDouble() * 0.1f - 0.05f;
            switch (format.Type)
            {
                case GgmlType.F32:
                    MemoryMarshal.Write(bytes, value);
                    break;
                case GgmlType.BF16:
                    MemoryMarshal.Write(bytes, (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                    break;
                case GgmlType.Q6_K:
                    MemoryMarshal.Write(bytes[208..], (Half)value);
                    break;
                case GgmlType.Q4_K or GgmlType.Q5_K:
                    MemoryMarshal.Write(bytes, (Half)value);
                    MemoryMarshal.Write(bytes[2..], (Half)value);
                    break;
                default:
                    MemoryMarshal.Write(bytes, (Half)value);
                    break;
            }
        }
    }

#pragma warning disable RS0030 // The seed is fixed.
    private static Random Seeded() => new(1);
#pragma warning restore RS0030
}
