using Engine.HuggingFace.Families;

namespace ReferenceModels.HuggingFace;

/// <summary>Rotary positions in transformers' form: elements i and i + r/2 of a head are a pair, r elements are rotated, and the
/// frequencies are scaled according to the configuration's <c>rope_type</c>.</summary>
internal static class HalfRope
{
    /// <summary>Rotates the heads of every row, row t by position t.</summary>
    /// <param name="x">(T, heads·d_k).</param>
    /// <param name="heads">Heads in a row.</param>
    /// <param name="d_k">Width of a head.</param>
    /// <param name="rope">Base and scaling.</param>
    /// <param name="rotated">r, if only the first numbers of a head are rotated; 0 for d_k.</param>
    /// <param name="positions">The number that is compared with longrope's original context; 0 for T.</param>
    public static void Turn(float[] x, int heads, int d_k, RopeSettings rope, int rotated = 0, int positions = 0)
    {
        int half = (rotated > 0 ? rotated : d_k) / 2, T = x.Length / (heads * d_k);
        (double[] frequencies, double magnitude) = (Frequencies(rope, 2 * half, positions > 0 ? positions : T), Magnitude(rope));
        for (int t = 0; t < T; t++)
        {
            for (int i = 0; i < half; i++)
            {
                (double sin, double cos) = Math.SinCos(t * frequencies[i]);
                for (int h = 0; h < heads; h++)
                {
                    int at = (((t * heads) + h) * d_k) + i;
                    (double a, double b) = (x[at], x[at + half]);
                    x[at] = (float)(magnitude * ((a * cos) - (b * sin)));
                    x[at + half] = (float)(magnitude * ((b * cos) + (a * sin)));
                }
            }
        }
    }

    private static double Magnitude(RopeSettings rope) => rope.Kind is not ("yarn" or "longrope") ? 1
        : rope.AttentionFactor ?? (rope.Factor <= 1 ? 1 : (0.1 * Math.Log(rope.Factor)) + 1);

    private static double[] Frequencies(RopeSettings rope, int r, int positions)
    {
        double[] own = [.. Enumerable.Range(0, r / 2).Select(i => Math.Pow(rope.Base, -2.0 * i / r))];
        return rope.Kind switch
        {
            "linear" => [.. own.Select(θ => θ / rope.Factor)],
            "llama3" => [.. own.Select(θ => Llama3(θ, rope))],
            "yarn" => Yarn(own, rope, r),
            "longrope" => [.. own.Zip(positions > rope.OriginalContext ? rope.LongFactors! : rope.ShortFactors!, (θ, factor) => θ / factor)],
            _ => own,
        };
    }

    // Wavelengths above one fraction of the trained context are stretched, those below another are kept; those in between are interpolated.
    private static double Llama3(double θ, RopeSettings rope)
    {
        double wave = 2 * Math.PI / θ;
        if (wave < rope.OriginalContext / rope.HighFrequency)
        {
            return θ;
        }
        if (wave > rope.OriginalContext / rope.LowFrequency)
        {
            return θ / rope.Factor;
        }
        double smooth = ((rope.OriginalContext / wave) - rope.LowFrequency) / (rope.HighFrequency - rope.LowFrequency);
        return ((1 - smooth) * θ / rope.Factor) + (smooth * θ);
    }

    // As in the paper (https://arxiv.org/abs/2309.00071, section 3.2), with α = 1, β = 32 and whole pairs as the ends of the ramp.
    private static double[] Yarn(double[] own, RopeSettings rope, int d_k)
    {
        double Pair(double turns) => d_k * Math.Log(rope.OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(rope.Base));
        double low = Math.Max(Math.Floor(Pair(32)), 0), high = Math.Min(Math.Ceiling(Pair(1)), d_k - 1);
        high = low == high ? high + 0.001 : high;
        return [.. own.Select((θ, i) =>
        {
            double stretched = Math.Clamp((i - low) / (high - low), 0, 1);
            return (θ / rope.Factor * stretched) + (θ * (1 - stretched));
        })];
    }
}
