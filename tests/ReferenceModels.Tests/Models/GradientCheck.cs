using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Models;

/// <summary>Central differences over the weights of a whole model.</summary>
internal static class GradientCheck
{
    // In float: a step large enough for the rounding of the logits, an error of its square.
    private const float Step = 4e-3f;
    private const double Tolerance = 5e-3;

    /// <summary>Looks at some elements of every weight.</summary>
    /// <param name="weights">With the gradients that a tape gave them.</param>
    /// <param name="loss">The loss at the weights' present values.</param>
    public static void Weights(IEnumerable<Weight> weights, Func<double> loss)
    {
        foreach (Weight weight in weights)
        {
            float[] values = weight.Values!;
            for (int i = 0; i < values.Length; i += Math.Max(1, values.Length / 7))
            {
                float at = values[i];
                values[i] = at + Step;
                double above = loss();
                values[i] = at - Step;
                double below = loss();
                values[i] = at;
                double expected = (above - below) / (2 * Step);
                Assert.True(
                    Math.Abs(expected - weight.Gradient![i]) < Tolerance * (1 + Math.Abs(expected)),
                    $"{weight.Name}[{i}]: differences give {expected}, the tape {weight.Gradient[i]}");
            }
        }
    }
}
