using System.Numerics.Tensors;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Training.Optimization;

/// <summary>The norm of all gradients together (Pascanu et al. 2013, https://arxiv.org/abs/1211.5063).</summary>
internal static class GradientNorm
{
    private const int Chunk = 1 << 14;

    /// <summary>√Σ g², summed in an order that does not depend on the threads.</summary>
    public static double Of(IReadOnlyList<Weight> weights, Workers workers)
    {
        double sum = 0;
        foreach (Weight weight in weights)
        {
            float[] gradient = weight.Gradient!;
            var sums = new double[(gradient.Length + Chunk - 1) / Chunk];
            workers.For(sums.Length, i => sums[i] = TensorPrimitives.SumOfSquares<float>(gradient.AsSpan(i * Chunk, Math.Min(Chunk, gradient.Length - i * Chunk))));
            sum += sums.Sum();
        }
        return Math.Sqrt(sum);
    }

    /// <summary>The factor that reduces gradients of this norm to at most a limit, as in PyTorch; 1 for a limit of 0.</summary>
    public static float Scale(double norm, float limit) => limit > 0 && norm > limit ? (float)(limit / (norm + 1e-6)) : 1;
}
