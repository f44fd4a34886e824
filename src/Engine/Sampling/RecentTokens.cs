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
    /// <param name="logits">V logits. Suppressed tokens stay suppressed.</param>
    /// <param name="settings">The penalties.</param>
    public void Penalize(Span<float> logits, SamplingSettings settings)
    {
        foreach ((int token, int count) in _counts)
        {
            logits[token] = Penalized(logits[token], count, settings);
        }
    }

    /// <summary>The same for a list of the tokens that are left.</summary>
    /// <param name="tokens">n tokens.</param>
    /// <param name="logits">Their logits (n).</param>
    /// <param name="settings">The penalties.</param>
    public void Penalize(ReadOnlySpan<int> tokens, Span<float> logits, SamplingSettings settings)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            if (_counts.TryGetValue(tokens[i], out int count))
            {
                logits[i] = Penalized(logits[i], count, settings);
            }
        }
    }

    private static float Penalized(float logit, int count, SamplingSettings settings)
    {
        if (float.IsNegativeInfinity(logit))
        {
            return logit;
        }
        // Dividing a negative logit would make the token more likely, hence the multiplication.
        logit = LogitRow.Finite(logit <= 0 ? logit * settings.RepetitionPenalty : logit / settings.RepetitionPenalty);
        return LogitRow.Finite(logit - LogitRow.Finite(count * settings.FrequencyPenalty + settings.PresencePenalty));
    }
}
