using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Initialization;

/// <summary>Adds tensors of random numbers to a file that is being written. Each tensor has its own generator, so that the same seed
/// gives the same numbers whatever precedes it in the file.</summary>
internal sealed class RandomTensors(GgufWriter writer, ulong seed)
{
    private int _tensors;

    /// <summary>A matrix (rows, columns), normally distributed around 0.</summary>
    /// <param name="name">The tensor's name, without <c>.weight</c>.</param>
    /// <param name="rows">out.</param>
    /// <param name="columns">in.</param>
    /// <param name="deviation">σ.</param>
    /// <param name="cut">Values beyond this many σ are drawn again; 0 for no limit.</param>
    public void Normal(string name, int rows, int columns, double deviation, double cut = 0) => Normal(name, rows, columns, 1, deviation, cut);

    /// <summary>A matrix (rows, columns) for each of some experts, normally distributed around 0.</summary>
    public void Experts(string name, int experts, int rows, int columns, double deviation) => Normal(name, rows, columns, experts, deviation, 0);

    private void Normal(string name, int rows, int columns, int experts, double deviation, double cut) =>
        Add(name + ".weight", rows, columns, experts, (drawn, i) =>
        {
            // Box and Muller 1958 (https://doi.org/10.1214/aoms/1177706645); each attempt uses two new coins.
            for (int attempt = 0; ; attempt++)
            {
                ulong tried = Dropout.Mix(unchecked(drawn + 0xD1342543DE82EF95 * (ulong)(attempt + 1)));
                double z = Math.Sqrt(-2 * Math.Log(1 - Dropout.Coin(tried, 2 * i))) * Math.Cos(2 * Math.PI * Dropout.Coin(tried, 2 * i + 1));
                if (cut == 0 || Math.Abs(z) <= cut)
                {
                    return deviation * z;
                }
            }
        });

    /// <summary>A matrix (rows, columns), uniform within ±√(6/(rows + columns)) (Glorot and Bengio 2010, equation 16).</summary>
    public void Glorot(string name, int rows, int columns)
    {
        double limit = Math.Sqrt(6.0 / (rows + columns));
        Add(name + ".weight", rows, columns, (drawn, i) => limit * (2 * Dropout.Coin(drawn, i) - 1));
    }

    /// <summary>A norm's gain of ones, and a bias of zeros if it has one.</summary>
    public void Norm(string name, int n, bool bias)
    {
        Add(name + ".weight", 0, n, (_, _) => 1);
        if (bias)
        {
            Bias(name, n);
        }
    }

    /// <summary>A bias of zeros.</summary>
    public void Bias(string name, int n) => Add(name + ".bias", 0, n, (_, _) => 0);

    private void Add(string name, int rows, int columns, Func<ulong, long, double> value) => Add(name, rows, columns, 1, value);

    private void Add(string name, int rows, int columns, int experts, Func<ulong, long, double> value)
    {
        ulong drawn = ExampleOrder.SeedOf(seed, ExampleOrder.Purpose.Weights, _tensors++);
        writer.AddTensor(name, rows == 0 ? [columns] : experts == 1 ? [columns, rows] : [columns, rows, experts], GgmlType.F32, stream =>
        {
            var row = new float[columns];
            for (int r = 0; r < Math.Max(1, rows) * experts; r++)
            {
                for (int c = 0; c < columns; c++)
                {
                    row[c] = (float)value(drawn, (long)r * columns + c);
                }
                stream.Write(MemoryMarshal.AsBytes<float>(row));
            }
        });
    }
}
