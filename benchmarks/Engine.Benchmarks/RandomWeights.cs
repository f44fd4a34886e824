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
                // A power of two, and numbers of 7 bits: about 2^-6.
                case GgmlType.MXFP4:
                    bytes[0] = 122;
                    break;
                case GgmlType.NVFP4:
                    bytes[..4].Fill(0x10);
                    break;
                // The half's upper bits are the upper nibble of the last word: 2^-7 … 2^-4.
                case GgmlType.IQ1_M:
                    bytes[55] = (byte)(bytes[55] & 0x8F | 0x20);
                    break;
                default:
                    foreach (int at in Scales(format.Type))
                    {
                        MemoryMarshal.Write(bytes[at..], (Half)value);
                    }
                    break;
            }
        }
    }

    // Where a block keeps its scales in F16.
    private static int[] Scales(GgmlType type) => type switch
    {
        GgmlType.Q4_1 or GgmlType.Q5_1 or GgmlType.Q4_K or GgmlType.Q5_K => [0, 2],
        GgmlType.Q2_K => [80, 82],
        GgmlType.Q3_K => [108],
        GgmlType.Q6_K => [208],
        GgmlType.TQ1_0 => [52],
        GgmlType.TQ2_0 => [64],
        _ => [0],
    };

#pragma warning disable RS0030 // The seed is fixed.
    private static Random Seeded() => new(1);
#pragma warning restore RS0030
}
