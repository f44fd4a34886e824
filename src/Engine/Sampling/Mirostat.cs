namespace Engine.Sampling;

/// <summary>Keeps the surprise of a text, -log2 p of its tokens, near a target: a bound on the surprise of each token moves with the
/// error of the one before (Basu et al., "Mirostat: A Neural Text Decoding Algorithm that Directly Controls Perplexity", 2021).</summary>
/// <param name="version">1 estimates from the head of the distribution how many tokens stay below the bound, and keeps those; 2 keeps
/// those that are below it.</param>
/// <param name="tau">The target in bits per token.</param>
/// <param name="eta">The fraction of the error by which the bound moves.</param>
/// <param name="vocabulary">V.</param>
internal sealed class Mirostat(int version, float tau, float eta, int vocabulary)
{
    // How many of the most probable tokens the exponent of Zipf's law is estimated from: llama.cpp's m.
    private const int Head = 100;

    private float _bound = LogitRow.Finite(2 * tau); // the paper's mu

    /// <summary>Cuts off tokens that would be too surprising.</summary>
    public void Cut(ref Candidates candidates)
    {
        if (candidates.Count == 1)
        {
            return;
        }
        if (version == 1)
        {
            Candidates head = candidates; // a copy: as long as all V are candidates, the original keeps reading the row
            head.TopK(Head);
            candidates.TopK(Size(Exponent(head)));
        }
        else
        {
            candidates.LimitSurprise(_bound);
        }
    }

    /// <summary>Moves the bound after a token.</summary>
    /// <param name="probability">The token's probability among the candidates.</param>
    public void Learn(double probability) => _bound = LogitRow.Finite(_bound - eta * ((float)-Math.Log2(probability) - tau));

    /// <summary>ŝ: the slope through ln(p_i / p_i+1) over ln((i + 1) / i), by least squares.</summary>
    private static double Exponent(Candidates head)
    {
        double products = 0, squares = 0;
        for (int i = 0; i + 1 < head.Count; i++)
        {
            double ratio = head.LogRatio(i);
            if (!double.IsFinite(ratio))
            {
                break; // suppressed tokens from here on
            }
            double step = Math.Log((i + 2d) / (i + 1d));
            products += step * ratio;
            squares += step * step;
        }
        return products / squares;
    }

    /// <summary>k = (ε̂ 2^mu / (1 − V^−ε̂))^(1/ŝ) with ε̂ = ŝ − 1.</summary>
    private int Size(double exponent)
    {
        double excess = exponent - 1;
        // Near 0 the quotient is 1 / ln V.
        double quotient = Math.Abs(excess) < 1e-9 ? 1 / Math.Log(vocabulary) : excess / (1 - Math.Pow(vocabulary, -excess));
        double k = Math.Pow(quotient * Math.Pow(2, _bound), 1 / exponent);
        return double.IsNaN(k) ? 1 : (int)Math.Clamp(k, 1, vocabulary);
    }
}
