namespace Engine.Sampling;

/// <summary>The last tokens, prompt included, that repetition, frequency and presence penalties look at.</summary>
/// <param name="window">How many tokens it holds; -1 for all.</param>
internal sealed class RecentTokens(int window)
{
    private readonly Dictionary<int, int> _counts = [];
    private readonly Queue<int> _order = [];

    public void Add(int token)
    {
        _counts[token] = _counts.GetValueOrDefault(token) + 1;
        if (window < 0)
        {
            return;
        }
        _order.Enqueue(token);
        if (_order.Count > window)
        {
            int oldest = _order.Dequeue();
            if (--_counts[oldest] == 0)
            {
                _counts.Remove(oldest);
            }
        }
    }

    /// <summary>Changes the logits of the recent tokens in place, as <c>llama_sampler_penalties_apply</c> does.</summary>
    public void Penalize(Span<float> logits, SamplingSettings settings)
    {
        foreach ((int token, int count) in _counts)
        {
            float logit = logits[token];
            // Dividing a negative logit would make the token more likely, hence the multiplication.
            logit = Finite(logit <= 0 ? logit * settings.RepetitionPenalty : logit / settings.RepetitionPenalty);
            logits[token] = Finite(logit - Finite(count * settings.FrequencyPenalty + settings.PresencePenalty));
        }
    }

    // An absurd penalty must make no infinity, and no NaN of two of them.
    private static float Finite(float value) => Math.Clamp(value, float.MinValue, float.MaxValue);
}
