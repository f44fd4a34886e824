using System.Runtime.InteropServices;
using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>Writes a model's tensors with random values that give activations of about 1.</summary>
internal sealed class RandomTensors(GgufWriter writer, Random random, GgmlType type)
{
    /// <summary>(rows, columns) of the type, with a deviation of 1/√columns unless one is given.</summary>
    public void Matrix(string name, int rows, int columns, float deviation = 0) =>
        writer.AddTensor(name, [columns, rows], type, RandomWeights.Make(random, type, (long)rows * columns, deviation > 0 ? deviation : 1 / MathF.Sqrt(columns)));

    /// <summary>(rows, columns) of the type for each of some experts.</summary>
    public void Experts(string name, int experts, int rows, int columns) =>
        writer.AddTensor(name, [columns, rows, experts], type, RandomWeights.Make(random, type, (long)experts * rows * columns, 1 / MathF.Sqrt(columns)));

    /// <summary>(rows, columns) in F32, as the small tables of a model are.</summary>
    public float[] Table(string name, int rows, int columns, Action<float[]>? change = null)
    {
        float[] values = Values(rows * columns, 0);
        change?.Invoke(values);
        Add(name, [columns, rows], values);
        return values;
    }

    /// <summary>A gain, about 1.</summary>
    public void Gain(string name, int n) => Add(name, [n], Values(n, 1));

    /// <summary>A bias, if there is to be one.</summary>
    public void Bias(string name, int n, bool wanted = true)
    {
        if (wanted)
        {
            Add(name, [n], Values(n, 0));
        }
    }

    /// <summary>Gain and bias of a norm.</summary>
    public void Norm(string name, int n)
    {
        Gain(name + ".weight", n);
        Bias(name + ".bias", n);
    }

    /// <summary>Weight and, if there is to be one, bias of a projection.</summary>
    public void Linear(string name, int rows, int columns, bool bias = true)
    {
        Matrix(name + ".weight", rows, columns);
        Bias(name + ".bias", rows, bias);
    }

    private float[] Values(int count, float mean) =>
        [.. Enumerable.Range(0, count).Select(_ => mean + 0.6f * ((float)random.NextDouble() - 0.5f))];

    private void Add(string name, long[] shape, float[] values) =>
        writer.AddTensor(name, shape, GgmlType.F32, MemoryMarshal.AsBytes<float>(values).ToArray());
}
