using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Engine.Gguf;

/// <summary>The size of an adapter's contribution relative to the weights it is added to: ‖s·α/r·B·A‖ / ‖W‖, Frobenius norms.</summary>
internal static class AdapterShare
{
    // How many rows of a weight are sampled. This gives the norm to within a few percent, whatever the weight's size.
    private const int SampledRows = 256;

    /// <summary>The share in all adapted weights together; null if a factor or a weight has a type other than F32, F16 or BF16.</summary>
    /// <param name="adapter">The factors.</param>
    /// <param name="model">The weights.</param>
    /// <param name="scale">s, chosen by the user of the adapter.</param>
    public static double? Of(GgufAdapter adapter, GgufFile model, float scale)
    {
        double added = 0, own = 0;
        foreach (GgufAdapter.Pair pair in adapter.Pairs)
        {
            GgufTensor weight = model.FindTensor(pair.Target)!;
            if (!IsFloat(pair.A) || !IsFloat(pair.B) || !IsFloat(weight))
            {
                return null;
            }
            double factor = GgufAdapter.Scale(scale, adapter.Alpha, pair.Rank);
            added += factor * factor * SquaresOfProduct(adapter.File, pair);
            own += Squares(model, weight);
        }
        return added == 0 || own == 0 ? 0 : Math.Sqrt(added / own);
    }

    private static bool IsFloat(GgufTensor tensor) => tensor.Type is GgmlType.F32 or GgmlType.F16 or GgmlType.BF16;

    // ‖B·A‖² = Σᵢⱼ (A·Aᵀ)ᵢⱼ (Bᵀ·B)ᵢⱼ, two (r, r) matrices; of several experts, the sum of theirs.
    private static double SquaresOfProduct(GgufFile file, GgufAdapter.Pair pair)
    {
        int rank = checked((int)pair.Rank);
        double squares = 0;
        long experts = pair.A.Shape.Skip(2).Aggregate(1L, (product, length) => product * length);
        for (long e = 0; e < experts; e++)
        {
            // A multiplied A (in, r) holds r rows; a looked-up one (r, V), and every B (r, out), hold r columns.
            float[][] a = Vectors(Slice(file, pair.A, e, experts), rank, areColumns: pair.IsLookedUp);
            float[][] b = Vectors(Slice(file, pair.B, e, experts), rank, areColumns: true);
            for (int i = 0; i < rank; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    squares += (i == j ? 1 : 2) * (double)TensorPrimitives.Dot<float>(a[i], a[j]) * TensorPrimitives.Dot<float>(b[i], b[j]);
                }
            }
        }
        return Math.Max(0, squares);
    }

    private static float[] Slice(GgufFile file, GgufTensor factor, long expert, long experts) =>
        Floats(file, factor, expert * (factor.Elements / experts), checked((int)(factor.Elements / experts)));

    private static float[][] Vectors(ReadOnlySpan<float> values, int rank, bool areColumns)
    {
        int length = values.Length / rank;
        var vectors = new float[rank][];
        for (int i = 0; i < rank; i++)
        {
            vectors[i] = new float[length];
            for (int k = 0; k < length; k++)
            {
                vectors[i][k] = areColumns ? values[(k * rank) + i] : values[(i * length) + k];
            }
        }
        return vectors;
    }

    private static double Squares(GgufFile model, GgufTensor weight)
    {
        long columns = weight.Shape[0], rows = weight.Elements / columns;
        long step = Math.Max(1, rows / SampledRows), sampled = 0;
        double squares = 0;
        for (long row = 0; row < rows; row += step, sampled++)
        {
            squares += TensorPrimitives.SumOfSquares<float>(Floats(model, weight, row * columns, checked((int)columns)));
        }
        return squares * rows / sampled;
    }

    private static float[] Floats(GgufFile file, GgufTensor tensor, long first, int count)
    {
        int size = tensor.Type == GgmlType.F32 ? sizeof(float) : sizeof(ushort);
        ReadOnlySpan<byte> bytes = file.GetData(tensor, first * size, checked(count * size));
        var values = new float[count];
        switch (tensor.Type)
        {
            case GgmlType.F32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values);
                break;
            case GgmlType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
                break;
            default: // BF16: the upper half of an F32
                ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < count; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                }
                break;
        }
        return values;
    }
}
