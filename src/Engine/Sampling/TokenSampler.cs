using System.Numerics.Tensors;

namespace Engine.Sampling;

/// <summary>Chooses the next token from a row of logits (V). Order and formulas are those of llama.cpp's samplers:
/// suppressed tokens, penalties, top-k, top-p, min-p, temperature, draw.</summary>
/// <remarks>The coin is an argument, so that choosing is a function of its inputs. Buffers are made once: nothing is
/// allocated per token. Not for more than one thread.</remarks>
internal sealed class TokenSampler
{
    // llama.cpp's first guess at how many tokens reach top-p when no top-k ran before (llama_sampler_top_p_apply).
    private const int NucleusGuess = 256;

    private readonly SamplingSettings _settings;
    private readonly IReadOnlyList<int> _suppressed;
    private readonly int _vocabulary;
    private readonly RecentTokens? _recent;
    private readonly float[] _changed;
    private readonly ulong[] _keys;
    private readonly int[] _tokens;
    private readonly float[] _logits;
    private readonly float[] _weights;

    /// <param name="settings">Already checked.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="suppressed">Tokens that are never drawn: some of V, not all.</param>
    public TokenSampler(SamplingSettings settings, int vocabulary, IReadOnlyList<int> suppressed)
    {
        _settings = settings;
        _vocabulary = vocabulary;
        _suppressed = suppressed;
        _recent = settings.Penalizes ? new RecentTokens(settings.PenaltyWindow) : null;
        _changed = settings.Penalizes || suppressed.Count > 0 ? new float[vocabulary] : [];
        int room = settings.Temperature == 0 ? 0 : settings.TopK == 0 ? vocabulary : Math.Min(settings.TopK, vocabulary);
        _keys = room == vocabulary && settings.TopK == 0 && settings.TopP >= 1 ? [] : new ulong[room];
        _tokens = new int[room];
        _logits = new float[room];
        _weights = new float[room];
    }

    /// <summary>Puts a token of the prompt or of the answer among those that the penalties look at.</summary>
    public void Accept(int token) => _recent?.Add(token);

    /// <summary>The next token.</summary>
    /// <param name="logits">V logits.</param>
    /// <param name="coin">A uniform number in [0, 1); greedy settings ignore it.</param>
    /// <exception cref="NonFiniteLogitsException">A logit is NaN or infinite.</exception>
    public int Sample(ReadOnlySpan<float> logits, double coin)
    {
        LogitRow.RequireFinite(logits);
        if (_changed.Length > 0)
        {
            logits.CopyTo(_changed);
            _recent?.Penalize(_changed, _settings);
            for (int i = 0; i < _suppressed.Count; i++)
            {
                _changed[_suppressed[i]] = float.NegativeInfinity;
            }
            logits = _changed;
        }
        if (_settings.Temperature == 0)
        {
            return LogitRow.ArgMax(logits);
        }
        int kept = MinP(Truncate(logits));
        return Draw(kept, coin);
    }

    /// <summary>Top-k and top-p. Leaves the candidates in _tokens and _logits, and says how many there are.
    /// They are in descending order, except where nothing was cut at all.</summary>
    private int Truncate(ReadOnlySpan<float> logits)
    {
        if (_settings.TopK > 0)
        {
            Rank(logits, _keys.Length);
            return _settings.TopP >= 1 ? _keys.Length : Nucleus(_keys.Length, Softmax(_logits.AsSpan(0, _keys.Length)));
        }
        if (_settings.TopP >= 1)
        {
            logits.CopyTo(_logits);
            for (int t = 0; t < _vocabulary; t++)
            {
                _tokens[t] = t;
            }
            return _vocabulary;
        }
        float sum = Softmax(logits);
        int guess = Math.Min(NucleusGuess, _vocabulary);
        Rank(logits, guess);
        int kept = Nucleus(guess, sum);
        if (kept == guess && guess < _vocabulary)
        {
            Rank(logits, _vocabulary);
            kept = Nucleus(_vocabulary, sum);
        }
        return kept;
    }

    private void Rank(ReadOnlySpan<float> logits, int k)
    {
        var keys = _keys.AsSpan(0, k);
        LargestLogits.Select(logits, keys);
        for (int i = 0; i < k; i++)
        {
            int token = LargestLogits.TokenOf(keys[i]);
            _tokens[i] = token;
            _logits[i] = logits[token];
        }
    }

    /// <summary>Σ exp(logit − max), the denominator of the softmax over the candidates before top-p.</summary>
    private float Softmax(ReadOnlySpan<float> logits)
    {
        var weights = _weights.AsSpan(0, logits.Length);
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), weights);
        TensorPrimitives.Exp(weights, weights);
        return TensorPrimitives.Sum<float>(weights);
    }

    /// <summary>How many of the first <paramref name="count"/> ranked candidates top-p keeps.</summary>
    private int Nucleus(int count, float sum)
    {
        float cumulative = 0;
        for (int i = 0; i < count; i++)
        {
            cumulative += MathF.Exp(_logits[i] - _logits[0]) / sum;
            if (cumulative >= _settings.TopP)
            {
                return i + 1;
            }
        }
        return count;
    }

    /// <summary>Keeps, in their order, the candidates of at least MinP times the largest probability.</summary>
    private int MinP(int count)
    {
        if (_settings.MinP <= 0)
        {
            return count;
        }
        float smallest = TensorPrimitives.Max(_logits.AsSpan(0, count)) + MathF.Log(_settings.MinP);
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            if (_logits[i] >= smallest)
            {
                _tokens[kept] = _tokens[i];
                _logits[kept++] = _logits[i];
            }
        }
        return kept;
    }

    private int Draw(int count, double coin)
    {
        // The maximum is taken off before the division: a tiny temperature then gives zeros, not infinities.
        var weights = _weights.AsSpan(0, count);
        TensorPrimitives.Subtract(_logits.AsSpan(0, count), TensorPrimitives.Max(_logits.AsSpan(0, count)), weights);
        TensorPrimitives.Divide(weights, _settings.Temperature, weights);
        TensorPrimitives.Exp(weights, weights);
        double sum = 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }
        double target = sum * coin;
        double running = 0;
        int drawn = -1;
        for (int i = 0; i < count && (drawn < 0 || running < target); i++)
        {
            if (weights[i] > 0) // what has no probability is not drawn, whatever the coin: a suppressed token least of all
            {
                running += weights[i];
                drawn = i;
            }
        }
        return _tokens[drawn];
    }
}
