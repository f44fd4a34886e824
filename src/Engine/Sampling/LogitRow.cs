using System.Numerics.Tensors;

namespace Engine.Sampling;

/// <summary>Functions of one row of logits (V).</summary>
internal static class LogitRow
{
    private const int Chunk = 256;

    /// <exception cref="NonFiniteLogitsException">A logit is NaN or infinite: nothing can be chosen from such a row.</exception>
    public static void RequireFinite(ReadOnlySpan<float> logits)
    {
        if (TensorPrimitives.IsFiniteAll(logits))
        {
            return;
        }
        int i = 0;
        while (float.IsFinite(logits[i]))
        {
            i++;
        }
        throw new NonFiniteLogitsException(
            $"Reading the model's output: expected {logits.Length} finite numbers, number {i} is {logits[i]}. " +
            "The model's weights are damaged or its arithmetic overflows; check the file, or convert it again.");
    }

    /// <summary>The nearest finite number, so that an absurd penalty or temperature cannot give an infinity, nor two infinities a NaN.</summary>
    public static float Finite(float value) => Math.Clamp(value, float.MinValue, float.MaxValue);

    /// <summary>The index of the largest logit, the first among equals, as in llama.cpp's greedy sampler.</summary>
    public static int ArgMax(ReadOnlySpan<float> logits)
    {
        int best = TensorPrimitives.IndexOfMax(logits);
        if (logits[best] != 0f)
        {
            return best;
        }
        // IndexOfMax treats +0 as larger than -0, but a comparison, which llama.cpp uses, treats them as equal.
        int first = 0;
        while (logits[first] != 0f)
        {
            first++;
        }
        return first;
    }

    /// <summary>ln Σ exp(logit), in double: at V = 128 K a float sum loses digits that a perplexity shows.</summary>
    public static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double max = TensorPrimitives.Max(logits);
        double sum = 0;
        Span<double> chunk = stackalloc double[Chunk];
        while (!logits.IsEmpty)
        {
            int n = Math.Min(Chunk, logits.Length);
            var part = chunk[..n];
            TensorPrimitives.ConvertTruncating(logits[..n], part);
            TensorPrimitives.Subtract(part, max, part);
            TensorPrimitives.Exp(part, part);
            sum += TensorPrimitives.Sum<double>(part);
            logits = logits[n..];
        }
        return max + Math.Log(sum);
    }

    /// <summary>The k most probable tokens, most probable first; the lower id first among equals.</summary>
    public static TokenLogProbability[] MostProbable(ReadOnlySpan<float> logits, int k) => MostProbable(logits, k, LogSumExp(logits));

    /// <summary>The k most probable tokens, and ln of the probability of one token.</summary>
    public static (TokenLogProbability[] Top, float Own) Probabilities(ReadOnlySpan<float> logits, int k, int token)
    {
        double logSum = LogSumExp(logits);
        return (MostProbable(logits, k, logSum), (float)(logits[token] - logSum));
    }

    private static TokenLogProbability[] MostProbable(ReadOnlySpan<float> logits, int k, double logSum)
    {
        var keys = new ulong[Math.Min(k, logits.Length)];
        LargestLogits.Select(logits, keys);
        var result = new TokenLogProbability[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            int token = LargestLogits.TokenOf(keys[i]);
            result[i] = new TokenLogProbability(token, (float)(logits[token] - logSum));
        }
        return result;
    }
}
