using System.Collections.Concurrent;
using Engine;
using Engine.Gguf;
using ReferenceModels.Quantization;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    private static readonly ConcurrentDictionary<(GgmlType, Arithmetic), bool> Prepared = new();

    /// <summary>Compiles the kernels of some types by using each once, on a core that is idle while a model loads rather than while its first token is awaited.</summary>
    public static void Prepare(IEnumerable<GgmlType> types, Arithmetic arithmetic)
    {
        using var workers = new Workers(1);
        foreach (BlockFormat format in BlockFormat.All.IntersectBy(types, format => format.Type).Where(format => Prepared.TryAdd((format.Type, arithmetic), true)))
        {
            const int columns = 256, rows = 2;
            byte[] zeros = new byte[rows * format.RowBytes(columns)];
            fixed (byte* data = zeros)
            {
                Weight W = Weight.Frozen("", format.Type, rows, columns, data);
                foreach (int T in new[] { 1, FourTokens.Count, EightTokens.Count, FewTokens + 1 })
                {
                    Forward(arithmetic, W, new float[T * columns], new float[T * rows], workers);
                }
            }
        }
    }
}
