using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Training;

/// <summary>Weights by the same formula as in losses.py and shapes.py in tests/Golden/training.</summary>
internal static class FormulaWeights
{
    /// <summary>Fills a weight.</summary>
    public static void Draw(Weight weight) => Draw(weight.Name, weight.Values);

    /// <summary>Adds a tensor to a file.</summary>
    /// <param name="writer">The file.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">(out, in) as in PyTorch.</param>
    public static void Add(GgufWriter writer, string name, long[] shape)
    {
        var values = new float[shape.Aggregate((a, b) => a * b)];
        Draw(name, values);
        writer.AddTensor(name, [.. shape.Reverse()], GgmlType.F32, stream => stream.Write(MemoryMarshal.AsBytes<float>(values)));
    }

    /// <summary>A number from -1 to 1.</summary>
    public static double Fraction(string name, int i)
    {
        double x = (i + 1) * 0.6180339887498949 + name.Sum(letter => letter) * 0.1234567;
        return 2 * (x - Math.Floor(x)) - 1;
    }

    private static void Draw(string name, Span<float> values)
    {
        bool isGain = name.Contains("norm", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal);
        (double scale, double offset) = isGain ? (0.1, 1.0) : name.EndsWith(".bias", StringComparison.Ordinal) ? (0.05, 0) : (0.3, 0);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(offset + scale * Fraction(name, i));
        }
    }
}
