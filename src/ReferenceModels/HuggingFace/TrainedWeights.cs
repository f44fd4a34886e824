using System.Numerics.Tensors;
using Engine.Gguf;
using Engine.HuggingFace.Families;
using Engine.HuggingFace.Files;

namespace ReferenceModels.HuggingFace;

/// <summary>The weights of a checkpoint under Hugging Face's names, read when they are used: at most one block of one weight is in memory.</summary>
/// <param name="checkpoint">Must stay open while this is used.</param>
/// <param name="written">The formats that matrices are rounded to, by name; null for no rounding.</param>
internal sealed class TrainedWeights(Checkpoint checkpoint, IReadOnlyDictionary<string, GgmlType>? written = null)
{
    // Floats of a weight that are read at once: 16 MiB.
    private const int BlockFloats = 1 << 22;

    /// <summary>A vector, (n).</summary>
    public float[] Vector(string name)
    {
        SafetensorsTensor tensor = checkpoint.Tensors[name];
        var values = new float[tensor.Elements];
        Read(tensor, 0, values);
        return values;
    }

    /// <summary>Rows of a table (n, d) by index: (T, d).</summary>
    public float[] Rows(string name, ReadOnlySpan<int> rows, int d)
    {
        var x = new float[rows.Length * d];
        for (int t = 0; t < rows.Length; t++)
        {
            Read(checkpoint.Tensors[name], (long)rows[t] * d, x.AsSpan(t * d, d));
        }
        return x;
    }

    /// <summary>y = x·Wᵀ + b, x (T, in), W (out, in), like PyTorch's Linear.</summary>
    /// <param name="name">The name without <c>.weight</c> and <c>.bias</c>.</param>
    /// <param name="x">(T, in).</param>
    /// <param name="columns">in.</param>
    /// <param name="bias">Whether there is a bias.</param>
    public float[] Linear(string name, float[] x, int columns, bool bias)
    {
        float[] y = Product($"{name}.weight", x, columns);
        if (bias)
        {
            AddToRows(y, Vector($"{name}.bias"));
        }
        return y;
    }

    /// <summary>y = x·Wᵀ, W (out, in).</summary>
    public float[] Product(string weight, float[] x, int columns)
    {
        SafetensorsTensor W = checkpoint.Tensors[weight];
        int T = x.Length / columns, rows = (int)(W.Elements / columns), blockRows = Math.Max(1, BlockFloats / columns);
        var y = new float[T * rows];
        var block = new float[Math.Min(blockRows, rows) * columns];
        for (int first = 0; first < rows; first += blockRows)
        {
            int count = Math.Min(blockRows, rows - first);
            Read(W, (long)first * columns, block.AsSpan(0, count * columns));
            int begin = first;
            Parallel.For(0, count, row =>
            {
                ReadOnlySpan<float> w = block.AsSpan(row * columns, columns);
                for (int t = 0; t < T; t++)
                {
                    y[(t * rows) + begin + row] = TensorPrimitives.Dot(w, x.AsSpan(t * columns, columns));
                }
            });
        }
        return y;
    }

    /// <summary>y = x·W + b, W (in, out), like transformers' Conv1D.</summary>
    public float[] Conv1D(string name, float[] x, int columns)
    {
        SafetensorsTensor W = checkpoint.Tensors[$"{name}.weight"];
        int T = x.Length / columns, rows = (int)(W.Elements / columns);
        var y = new float[T * rows];
        var sums = new double[T * rows];
        var w = new float[rows];
        for (int i = 0; i < columns; i++)
        {
            Read(W, (long)i * rows, w);
            for (int t = 0; t < T; t++)
            {
                Span<double> sum = sums.AsSpan(t * rows, rows);
                double x_i = x[(t * columns) + i];
                for (int row = 0; row < rows; row++)
                {
                    sum[row] += x_i * w[row];
                }
            }
        }
        TensorPrimitives.ConvertTruncating<double, float>(sums, y);
        AddToRows(y, Vector($"{name}.bias"));
        return y;
    }

    /// <summary>Applies <see cref="Ops.LayerNorm"/> to each row.</summary>
    public float[] LayerNorm(string name, float[] x, double epsilon)
    {
        float[] g = Vector($"{name}.weight"), b = Vector($"{name}.bias"), y = new float[x.Length];
        for (int at = 0; at < x.Length; at += g.Length)
        {
            Ops.LayerNorm.Forward(x.AsSpan(at, g.Length), g, b, (float)epsilon, y.AsSpan(at, g.Length));
        }
        return y;
    }

    /// <summary>Applies <see cref="Ops.RmsNorm"/> to each row.</summary>
    /// <param name="name">The name without <c>.weight</c>.</param>
    /// <param name="x">(T, d), or consecutive heads of some width.</param>
    /// <param name="epsilon">ε under the root.</param>
    /// <param name="shift">Added to the weight to give the gain: 1 for Gemma.</param>
    public float[] RmsNorm(string name, float[] x, double epsilon, float shift = 0)
    {
        float[] g = Vector($"{name}.weight"), y = new float[x.Length];
        TensorPrimitives.Add(g, shift, g);
        for (int at = 0; at < x.Length; at += g.Length)
        {
            Ops.RmsNorm.Forward(x.AsSpan(at, g.Length), g, [], (float)epsilon, y.AsSpan(at, g.Length));
        }
        return y;
    }

    /// <summary>x + y.</summary>
    public static float[] Add(float[] x, float[] y)
    {
        var sum = new float[x.Length];
        TensorPrimitives.Add<float>(x, y, sum);
        return sum;
    }

    /// <summary>x·factor, in place.</summary>
    public static void Multiply(float[] x, float factor) => TensorPrimitives.Multiply(x, factor, x);

    /// <summary>Some columns (T, taken) of x (T, columns).</summary>
    public static float[] Columns(float[] x, int columns, int first, int taken) => [.. x.Chunk(columns).SelectMany(row => row.Skip(first).Take(taken))];

    private void Read(SafetensorsTensor tensor, long first, Span<float> values)
    {
        tensor.Read(first, values);
        if (written?.TryGetValue(tensor.Name, out GgmlType type) == true)
        {
            WeightType.Round(values, type);
        }
    }

    private static void AddToRows(float[] y, float[] b)
    {
        for (int at = 0; at < y.Length; at += b.Length)
        {
            Span<float> row = y.AsSpan(at, b.Length);
            TensorPrimitives.Add(row, b, row);
        }
    }
}
