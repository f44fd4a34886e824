using System.Buffers;
using System.Numerics.Tensors;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>Products of tokens with the matrices of their experts, and the sum of the results (Shazeer et al. 2017,
/// https://arxiv.org/abs/1701.06538, equation 1). ggml's MUL_MAT_ID: an expert's tokens are gathered, multiplied together and scattered back.</summary>
internal static class ExpertProduct
{
    /// <summary>y_tj = W_e(t,j) x_t.</summary>
    /// <param name="pass">Memory, threads, arithmetic and tape.</param>
    /// <param name="W">(E·out, in).</param>
    /// <param name="x">(T, in), or (T·k, in) if each expert of a token has its own row.</param>
    /// <param name="choice">(T·k).</param>
    /// <returns>(T·k, out).</returns>
    public static Tensor Forward(Pass pass, Weight W, Tensor x, ExpertChoice choice)
    {
        Tensor y = pass.New(choice.Experts.Length, W.Rows / W.Experts);
        int[][] slots = Slots(W, choice);
        foreach ((int e, int[] of) in slots.Index())
        {
            pass.Cancellation.ThrowIfCancellationRequested();
            Gathered(x.Columns, y.Columns, of.Length, (x_e, y_e) =>
            {
                Gather(x, of, x_e.Span, Sharing(x, choice));
                Linear.Forward(pass.Arithmetic, W.Expert(e), x_e.Span, y_e.Span, pass.Workers);
                Scatter(y_e.Span, of, y);
            });
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, pass.Workers, W, x, y, slots, Sharing(x, choice));
        }
        return y;
    }

    /// <summary>y_tj = w_tj·x_tj: x and y (T·k, d), w (T, k).</summary>
    public static Tensor Weigh(Pass pass, Tensor x, Tensor w)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        for (int i = 0; i < x.Rows; i++)
        {
            TensorPrimitives.Multiply(x.Row(i), w.Values[i], y.Row(i));
        }
        if (pass.Tape is { } tape)
        {
            tape.Record(() =>
            {
                for (int i = 0; i < x.Rows; i++)
                {
                    Span<float> δx = x.Slice(i, 1).Gradient;
                    ReadOnlySpan<float> δy = y.Slice(i, 1).Gradient;
                    TensorPrimitives.MultiplyAdd(δy, w.Values[i], δx, δx);
                    w.Gradient[i] += TensorPrimitives.Dot(δy, x.Row(i));
                }
            });
        }
        return y;
    }

    /// <summary>y_t = Σ_j x_tj, added in the order of the choice.</summary>
    /// <param name="pass">Memory and tape.</param>
    /// <param name="x">(T·k, d).</param>
    /// <param name="k">Experts per token.</param>
    /// <param name="look">Gets the sum of the first j + 1 (T, d), for each j from 1, before the next is added.</param>
    /// <returns>(T, d).</returns>
    public static Tensor Sum(Pass pass, Tensor x, int k, Action<int, Tensor> look)
    {
        Tensor y = pass.New(x.Rows / k, x.Columns);
        for (int j = 0; j < k; j++)
        {
            for (int t = 0; t < y.Rows; t++)
            {
                if (j == 0)
                {
                    x.Row(t * k).CopyTo(y.Row(t));
                }
                else
                {
                    TensorPrimitives.Add(y.Row(t), x.Row(t * k + j), y.Row(t));
                }
            }
            if (j > 0)
            {
                look(j, y);
            }
        }
        if (pass.Tape is { } tape)
        {
            tape.Record(() =>
            {
                for (int i = 0; i < x.Rows; i++)
                {
                    Span<float> δx = x.Slice(i, 1).Gradient;
                    TensorPrimitives.Add(δx, y.Slice(i / k, 1).Gradient, δx);
                }
            });
        }
        return y;
    }

    // How many consecutive slots read one row of x.
    private static int Sharing(Tensor x, ExpertChoice choice) => choice.Experts.Length / x.Rows;

    // For each expert, the slots that go to it.
    private static int[][] Slots(Weight W, ExpertChoice choice)
    {
        ILookup<int, int> byExpert = Enumerable.Range(0, choice.Experts.Length).ToLookup(i => choice.Experts[i]);
        return [.. Enumerable.Range(0, W.Experts).Select(e => byExpert[e].ToArray())];
    }

    private static void Push(Tape tape, Workers workers, Weight W, Tensor x, Tensor y, int[][] slots, int sharing) => tape.Record(() =>
    {
        int size = W.Rows / W.Experts * W.Columns;
        foreach ((int e, int[] of) in slots.Index())
        {
            Gathered(x.Columns, y.Columns, of.Length, (rows, δy_e) =>
            {
                for (int i = 0; i < of.Length; i++)
                {
                    y.Slice(of[i], 1).Gradient.CopyTo(δy_e.Span[(i * y.Columns)..]);
                }
                if (tape.Gradient(W) is { } δW)
                {
                    Gather(x, of, rows.Span, sharing);
                    Linear.BackwardWeight(W.Expert(e), δy_e.Span, rows.Span, δW.AsSpan(e * size, size), workers);
                }
                rows.Span.Clear();
                Linear.BackwardInput(W.Expert(e), δy_e.Span, rows.Span, workers);
                for (int i = 0; i < of.Length; i++)
                {
                    Span<float> δx = x.Slice(of[i] / sharing, 1).Gradient;
                    TensorPrimitives.Add(δx, rows.Span.Slice(i * x.Columns, x.Columns), δx);
                }
            });
        }
    });

    // Provides scratch memory for the rows of both sides, if there are any.
    private static void Gathered(int inner, int outer, int rows, Action<Memory<float>, Memory<float>> use)
    {
        if (rows == 0)
        {
            return;
        }
        float[] x = ArrayPool<float>.Shared.Rent(rows * inner), y = ArrayPool<float>.Shared.Rent(rows * outer);
        use(x.AsMemory(0, rows * inner), y.AsMemory(0, rows * outer));
        ArrayPool<float>.Shared.Return(x);
        ArrayPool<float>.Shared.Return(y);
    }

    private static void Gather(Tensor x, int[] slots, Span<float> rows, int sharing)
    {
        for (int i = 0; i < slots.Length; i++)
        {
            x.Row(slots[i] / sharing).CopyTo(rows[(i * x.Columns)..]);
        }
    }

    private static void Scatter(ReadOnlySpan<float> rows, int[] slots, Tensor y)
    {
        for (int i = 0; i < slots.Length; i++)
        {
            rows.Slice(i * y.Columns, y.Columns).CopyTo(y.Row(slots[i]));
        }
    }
}
