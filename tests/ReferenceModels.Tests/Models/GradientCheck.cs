using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Models;

/// <summary>Central differences over the weights of a whole model.</summary>
internal static class GradientCheck
{
    // In float: the larger steps for the rounding of the logits, the smaller where a ReLU bends within a larger one.
    private static readonly float[] Steps = [4e-3f, 1e-3f, 3e-4f];
    private const double Tolerance = 5e-3;

    /// <summary>Looks at some elements of every weight.</summary>
    /// <param name="weights">With the gradients that a tape gave them.</param>
    /// <param name="loss">The loss at the weights' present values.</param>
    public static void Weights(IEnumerable<Weight> weights, Func<double> loss)
    {
        foreach (Weight weight in weights)
        {
            for (int i = 0; i < weight.Gradient!.Length; i += Math.Max(1, weight.Gradient.Length / 7))
            {
                float gradient = weight.Gradient[i];
                List<double> differences = [];
                foreach (float step in Steps)
                {
                    differences.Add(Difference(weight.Values.AsSpan(i), step, loss));
                    if (Agree(differences[^1], gradient))
                    {
                        break;
                    }
                }
                Assert.True(Agree(differences[^1], gradient), $"{weight.Name}[{i}]: differences give {string.Join(", ", differences)}, the tape {gradient}");
            }
        }
    }

    private static bool Agree(double difference, float gradient) => Math.Abs(difference - gradient) < Tolerance * (1 + Math.Abs(difference));

    private static double Difference(Span<float> value, float step, Func<double> loss)
    {
        float at = value[0];
        value[0] = at + step;
        double above = loss();
        value[0] = at - step;
        double below = loss();
        value[0] = at;
        return (above - below) / (2 * step);
    }
}
