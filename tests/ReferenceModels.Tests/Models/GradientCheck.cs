using ReferenceModels.Models;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Models;

/// <summary>Central differences over the weights of a whole model, computed in float.</summary>
/// <remarks>
/// A difference over 2h has three sources of error, each of which is bounded here for every processor:
/// <list type="bullet">
/// <item>the curvature of the loss, in h²: removed by Richardson's extrapolation from h and h/2; the rest, in h⁴, is at most
/// as large as the change made by the extrapolation;</item>
/// <item>the rounding of the outputs, over h: <see cref="Roundings"/> each of 2⁻²⁴, of either sign;</item>
/// <item>a kink between x − h and x + h, where nothing bounds it: so the signs of all inputs of ReLU and the order of experts are checked,
/// h shrinks until none changes, and an element for which that takes too small an h is skipped.</item>
/// </list>
/// </remarks>
internal static class GradientCheck
{
    private const float Step = 4e-3f, SmallestStep = 2.5e-4f;

    /// <summary>The allowed relative error of a gradient: of the element, or of the root mean square of its weight's gradients.</summary>
    private const double Tolerance = 5e-3;

    /// <summary>Roundings in an output, as the root of the sum of their squares.</summary>
    private const double Roundings = 16;

    /// <summary>Checks some elements of every weight.</summary>
    /// <param name="weights">The weights, with the gradients from a tape.</param>
    /// <param name="δoutput">The loss is Σ δ·output, and the tape began with it.</param>
    /// <param name="run">The outputs at the weights' present values, from a pass with a tap.</param>
    public static void Weights(IEnumerable<Weight> weights, double[] δoutput, Func<ActivationTap, IEnumerable<float>> run)
    {
        (int looked, int judged) = (0, 0);
        foreach (Weight weight in weights)
        {
            double rms = Math.Sqrt(weight.Gradient!.Average(slope => (double)slope * slope));
            for (int i = 0; i < weight.Gradient!.Length; i += Math.Max(1, weight.Gradient.Length / 7))
            {
                looked++;
                if (Difference(weight.Values.AsSpan(i), δoutput, run) is var (slope, error))
                {
                    judged++;
                    double limit = Tolerance * Math.Max(Math.Abs(slope), rms) + error;
                    Assert.True(
                        Math.Abs(slope - weight.Gradient[i]) <= limit, $"{weight.Name}[{i}]: differences give {slope} ± {error:G2}, the tape {weight.Gradient[i]}, where {limit:G2} is allowed");
                }
            }
        }
        Assert.InRange(judged, 0.9 * looked, looked);
    }

    // The slope and how far it may be off, or null if no step is small enough.
    private static (double Slope, double Error)? Difference(Span<float> value, double[] δoutput, Func<ActivationTap, IEnumerable<float>> run)
    {
        for (float h = Step; h >= SmallestStep; h /= 4)
        {
            if (Over(value, h, δoutput, run) is { } whole && Over(value, h / 2, δoutput, run) is { } half && whole.Signs.SequenceEqual(half.Signs))
            {
                double slope = (4 * half.Slope - whole.Slope) / 3;
                return (slope, Math.Abs(slope - half.Slope) + (4 * half.Rounding + whole.Rounding) / 3);
            }
        }
        return null;
    }

    private static (double Slope, double Rounding, float[] Signs)? Over(Span<float> value, float h, double[] δoutput, Func<ActivationTap, IEnumerable<float>> run)
    {
        float at = value[0], above = at + h, below = at - h;
        (double Loss, double Size, float[] Signs) up = At(value, above, δoutput, run), down = At(value, below, δoutput, run);
        value[0] = at;
        double width = (double)above - below; // 2h as rounded to float
        double rounding = Roundings / (1 << 24) * Math.Sqrt(up.Size + down.Size) / width;
        return up.Signs.SequenceEqual(down.Signs) ? ((up.Loss - down.Loss) / width, rounding, up.Signs) : null;
    }

    private static (double Loss, double Size, float[] Signs) At(Span<float> value, float at, double[] δoutput, Func<ActivationTap, IEnumerable<float>> run)
    {
        value[0] = at;
        var tap = new ActivationTap([.. Enumerable.Range(0, 8).SelectMany(layer => (string[])[$"ffn_relu-{layer}", $"ffn_moe_argsort-{layer}"])], []);
        double[] terms = [.. run(tap).Zip(δoutput, (output, δ) => output * δ)];
        Assert.Equal(δoutput.Length, terms.Length);
        return (terms.Sum(), terms.Sum(term => term * term), [.. tap.Activations.SelectMany(seen => seen.Operation == "ARGSORT" ? seen.Values : seen.Values.Select(y => y > 0 ? 1f : 0))]);
    }
}
