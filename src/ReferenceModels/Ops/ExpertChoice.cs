using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>Which experts each token goes to.</summary>
/// <param name="Experts">(T·k), k per token, the most probable first.</param>
/// <param name="K">k.</param>
internal sealed record ExpertChoice(int[] Experts, int K)
{
    /// <summary>The experts (T, E) in order of probability (T, E), the largest first; equal ones in index order.</summary>
    public static Tensor Order(Pass pass, Tensor probabilities)
    {
        Tensor order = pass.New(probabilities.Rows, probabilities.Columns);
        for (int t = 0; t < order.Rows; t++)
        {
            float[] p = probabilities.Row(t).ToArray();
            int[] experts = [.. Enumerable.Range(0, p.Length).OrderByDescending(e => p[e])];
            for (int j = 0; j < experts.Length; j++)
            {
                order.Row(t)[j] = experts[j];
            }
        }
        return order;
    }

    /// <summary>The first k of each row of an order (T, E).</summary>
    public static ExpertChoice First(Tensor order, int k)
    {
        var experts = new int[order.Rows * k];
        for (int t = 0; t < order.Rows; t++)
        {
            for (int j = 0; j < k; j++)
            {
                experts[t * k + j] = (int)order.Row(t)[j];
            }
        }
        return new ExpertChoice(experts, k);
    }

    /// <summary>y (T, k) = the chosen columns of x (T, E).</summary>
    public Tensor Take(Pass pass, Tensor x)
    {
        Tensor y = pass.New(x.Rows, K);
        for (int i = 0; i < Experts.Length; i++)
        {
            y.Values[i] = x.Row(i / K)[Experts[i]];
        }
        if (pass.Tape is { } tape)
        {
            tape.Record(() =>
            {
                for (int i = 0; i < Experts.Length; i++)
                {
                    x.Slice(i / K, 1).Gradient[Experts[i]] += y.Gradient[i];
                }
            });
        }
        return y;
    }

    /// <summary>(T, 1), the sum of each row of x (T, k). <see cref="Share"/> handles its gradient.</summary>
    public static Tensor Sums(Pass pass, Tensor x)
    {
        Tensor sums = pass.New(x.Rows, 1);
        for (int t = 0; t < x.Rows; t++)
        {
            sums.Row(t)[0] = TensorPrimitives.Sum<float>(x.Row(t));
        }
        return sums;
    }

    /// <summary>y_t = x_t / s_t in each row of x (T, k), s (T, 1) its sum: the chosen values add up to 1.</summary>
    public static Tensor Share(Pass pass, Tensor x, Tensor sums)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        for (int t = 0; t < x.Rows; t++)
        {
            TensorPrimitives.Divide(x.Row(t), sums.Row(t)[0], y.Row(t));
        }
        if (pass.Tape is { } tape)
        {
            // δx = (δy − Σ δy·y)/s, the sum's own gradient included.
            tape.Record(() =>
            {
                for (int t = 0; t < x.Rows; t++)
                {
                    ReadOnlySpan<float> δy = y.Slice(t, 1).Gradient;
                    Span<float> δx = x.Slice(t, 1).Gradient;
                    float dot = TensorPrimitives.Dot(δy, y.Row(t)), s = sums.Row(t)[0];
                    for (int j = 0; j < δx.Length; j++)
                    {
                        δx[j] += (δy[j] - dot) / s;
                    }
                }
            });
        }
        return y;
    }
}
