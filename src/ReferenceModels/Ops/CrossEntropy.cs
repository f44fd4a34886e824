using System.Numerics;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>
/// Cross-entropy of rows of logits z with their target indices, log-softmax and negative log-likelihood in
/// one: L = Σ_t w_t·(log Σ_j e^(z_tj) − z_t,target). Rows whose target is <see cref="Ignored"/> do not count.
/// </summary>
internal static class CrossEntropy
{
    /// <summary>The target of a row that does not count.</summary>
    public const int Ignored = -1;

    /// <summary>Computes L; under a tape its backward pass runs immediately, since nothing comes after a loss: δz += scale·w·(softmax(z) − 1_target).</summary>
    /// <param name="pass">Threads; whether there is a tape.</param>
    /// <param name="z">(T, V).</param>
    /// <param name="targets">(T), each within 0 … V − 1 or <see cref="Ignored"/>.</param>
    /// <param name="w">(V), the weight of each target; empty for 1 throughout.</param>
    /// <param name="scale">Factor of the gradient: 1 over what the sum is later divided by.</param>
    /// <returns>L, before it is scaled.</returns>
    public static double Forward(Pass pass, Tensor z, ReadOnlyMemory<int> targets, ReadOnlyMemory<float> w, float scale)
    {
        var losses = new double[z.Rows];
        pass.Workers.For(z.Rows, t =>
        {
            int target = targets.Span[t];
            if (target != Ignored)
            {
                float weight = w.IsEmpty ? 1 : w.Span[target];
                losses[t] = weight * Row(z.Row(t), target, pass.Tape is null ? [] : z.Slice(t, 1).Gradient, scale * weight);
            }
        });
        return losses.Sum();   // in the order of the rows, whatever order the threads ran in
    }

    /// <summary>One row: −log softmax(z)_target, and δz += scale·(softmax(z) − 1_target) if there is a δz.</summary>
    public static double Row(ReadOnlySpan<float> z, int target, Span<float> δz, float scale)
    {
        float[] p = System.Buffers.ArrayPool<float>.Shared.Rent(z.Length);
        Span<float> e = p.AsSpan(0, z.Length);
        float max = TensorPrimitives.Max(z);
        TensorPrimitives.Subtract(z, max, e);
        Exponentials.Exp(e, e);
        float sum = TensorPrimitives.Sum<float>(e);
        double loss = Math.Log(sum) - ((double)z[target] - max);
        if (!δz.IsEmpty)
        {
            TensorPrimitives.MultiplyAdd(e, scale / sum, δz, δz);
            δz[target] -= scale;
        }
        System.Buffers.ArrayPool<float>.Shared.Return(p);
        return loss;
    }

    /// <summary>The naive twin of <see cref="Row"/>'s loss.</summary>
    public static N Naive<N>(ReadOnlySpan<N> z, int target)
        where N : IBinaryFloatingPointIeee754<N>
    {
        N[] p = z.ToArray();
        Softmax.Naive<N>(p);
        return -N.Log(p[target]);
    }
}
