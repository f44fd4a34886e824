using System.Numerics.Tensors;

namespace Engine.Sampling;

/// <summary>The tokens of one row of logits (V) that may still be drawn. Each method is one of llama.cpp's samplers and leaves at
/// least one token.</summary>
/// <remarks>As long as all V tokens are candidates, nothing is copied, so a first top-k costs one pass over the row. A temperature is applied
/// only when needed, after the largest logit has been subtracted, so that a tiny one gives zeros, not infinities.</remarks>
/// <param name="row">V finite logits.</param>
/// <param name="buffers">Buffers with room for whatever the samplers to be called leave.</param>
internal ref struct Candidates(ReadOnlySpan<float> row, CandidateBuffers buffers)
{
    // llama.cpp's first guess at how many tokens reach top-p when no top-k ran before (llama_sampler_top_p_apply).
    private const int NucleusGuess = 256;

    /// <summary>A mask that allows at most this many tokens gives a list; one that allows more, a changed row.</summary>
    public const int MaxListed = 4096;

    private readonly CandidateBuffers _buffers = buffers;
    private ReadOnlySpan<float> _row = row;
    private float _temperature = 1; // the logits are still to be divided by this
    private bool _changed;          // the row is the one of the buffers
    private bool _listed;           // the candidates are those of the buffers, no longer the whole row
    private bool _ranked;           // they are in descending order

    public int Count { get; private set; } = row.Length;

    /// <summary>Adds to the logits of some tokens. Must be called before anything else.</summary>
    public void Bias(IReadOnlyDictionary<int, float> biases)
    {
        Span<float> logits = ChangeRow();
        foreach ((int token, float bias) in biases)
        {
            logits[token] = float.IsNegativeInfinity(bias) ? bias : LogitRow.Finite(logits[token] + bias);
        }
    }

    /// <summary>Excludes tokens that must not be drawn: some of V, not all. Must be called before any sampler.</summary>
    public void Suppress(IReadOnlyList<int> tokens)
    {
        Span<float> logits = ChangeRow();
        for (int i = 0; i < tokens.Count; i++)
        {
            logits[tokens[i]] = float.NegativeInfinity;
        }
    }

    /// <summary>Keeps only the tokens of a mask, one bit each, that were not excluded before. Must be called before any sampler. False if none is left.</summary>
    public bool Restrict(ReadOnlySpan<ulong> mask)
    {
        int allowed = 0;
        foreach (ulong word in mask)
        {
            allowed += System.Numerics.BitOperations.PopCount(word);
        }
        if (allowed <= MaxListed)
        {
            ListAllowed(mask);
            return Count > 0;
        }
        Span<float> logits = ChangeRow();
        for (int i = 0; i < mask.Length; i++)
        {
            for (ulong barred = ~mask[i]; barred != 0; barred &= barred - 1)
            {
                int token = (i * 64) + System.Numerics.BitOperations.TrailingZeroCount(barred);
                if (token >= logits.Length)
                {
                    break;
                }
                logits[token] = float.NegativeInfinity;
            }
        }
        return !float.IsNegativeInfinity(TensorPrimitives.Max<float>(logits));
    }

    public void Penalize(RecentTokens recent, SamplingSettings settings)
    {
        Span<float> logits = _listed ? Logits : ChangeRow();
        if (_temperature != 1)
        {
            foreach (ref float logit in logits)
            {
                logit = float.IsNegativeInfinity(logit) ? logit : LogitRow.Finite(logit / _temperature);
            }
            _temperature = 1;
        }
        if (_listed)
        {
            recent.Penalize(_buffers.Tokens.AsSpan(0, Count), logits, settings);
            _ranked = false;
        }
        else
        {
            recent.Penalize(logits, settings);
        }
    }

    public void TopK(int k)
    {
        if (_listed)
        {
            Rank();
            Count = Math.Min(k, Count);
        }
        else
        {
            ListLargest(Math.Min(k, Count));
        }
    }

    public void TopP(float p)
    {
        if (_listed)
        {
            Rank();
            Count = Nucleus(p, Softmax(Logits));
            return;
        }
        float sum = Softmax(_row);
        ListLargest(Math.Min(NucleusGuess, _row.Length));
        int kept = Nucleus(p, sum);
        if (kept == Count && Count < _row.Length)
        {
            ListLargest(_row.Length);
            kept = Nucleus(p, sum);
        }
        Count = kept;
    }

    /// <summary>Keeps, in order, the candidates of at least p times the largest probability.</summary>
    public void MinP(float p)
    {
        List();
        float smallest = TensorPrimitives.Max<float>(Logits) + _temperature * MathF.Log(p);
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (_buffers.Logits[i] >= smallest)
            {
                Keep(i, ref kept);
            }
        }
        Count = kept;
    }

    /// <summary>XTC: of the candidates whose probability reaches the threshold, only the least probable one stays; candidates below it are unaffected.</summary>
    public void RemoveLikely(float threshold)
    {
        List();
        float sum = Softmax(Logits);
        int likely = 0, least = -1;
        for (int i = 0; i < Count; i++)
        {
            if (IsLikely(i, sum, threshold))
            {
                likely++;
                least = least < 0 || IsBefore(least, i) ? i : least;
            }
        }
        int kept = 0;
        for (int i = 0; i < Count && likely > 1; i++)
        {
            if (i == least || !IsLikely(i, sum, threshold))
            {
                Keep(i, ref kept);
            }
        }
        Count = likely > 1 ? kept : Count;
    }

    public void Temper(float temperature)
    {
        _temperature = Math.Min(_temperature * temperature, float.MaxValue);
        if (_temperature == 0) // asked for, or the product of several
        {
            _temperature = 1;
            KeepLargest();
        }
    }

    /// <summary>Mirostat 2: keeps the candidates whose surprise, -log2 of the probability, is at most a number of bits, and at least one.</summary>
    public void LimitSurprise(float bits)
    {
        List();
        float sum = Softmax(Logits), smallest = MathF.Pow(2, -bits);
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            float weight = _buffers.Weights[i];
            if (weight > 0 && weight / sum >= smallest)
            {
                Keep(i, ref kept);
            }
        }
        if (kept == 0)
        {
            KeepLargest();
        }
        else
        {
            Count = kept;
        }
    }

    /// <summary>ln of how many times as probable as the next one a candidate is; after <see cref="TopK"/>.</summary>
    public readonly double LogRatio(int i) => ((double)_buffers.Logits[i] - _buffers.Logits[i + 1]) / _temperature;

    /// <summary>Draws one of the candidates by their probabilities.</summary>
    /// <param name="coin">A uniform number in [0, 1).</param>
    /// <param name="probability">The token's probability among the candidates.</param>
    public int Draw(double coin, out double probability)
    {
        List();
        Softmax(Logits);
        ReadOnlySpan<float> weights = _buffers.Weights.AsSpan(0, Count);
        double sum = 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }
        double target = sum * coin;
        double running = 0;
        int drawn = -1;
        for (int i = 0; i < weights.Length && (drawn < 0 || running < target); i++)
        {
            if (weights[i] > 0) // a token without probability is never drawn, whatever the coin, least of all a suppressed one
            {
                running += weights[i];
                drawn = i;
            }
        }
        probability = weights[drawn] / sum;
        return _buffers.Tokens[drawn];
    }

    private readonly Span<float> Logits => _buffers.Logits.AsSpan(0, Count);

    private Span<float> ChangeRow()
    {
        if (!_changed)
        {
            _row.CopyTo(_buffers.Row);
            _row = _buffers.Row;
            _changed = true;
        }
        return _buffers.Row;
    }

    /// <summary>Lists all tokens, if none was cut off yet.</summary>
    private void List()
    {
        if (_listed)
        {
            return;
        }
        _row.CopyTo(_buffers.Logits);
        for (int t = 0; t < _row.Length; t++)
        {
            _buffers.Tokens[t] = t;
        }
        (_listed, _ranked) = (true, false);
    }

    private void ListAllowed(ReadOnlySpan<ulong> mask)
    {
        int count = 0;
        for (int i = 0; i < mask.Length; i++)
        {
            for (ulong word = mask[i]; word != 0; word &= word - 1)
            {
                int token = (i * 64) + System.Numerics.BitOperations.TrailingZeroCount(word);
                if (!float.IsNegativeInfinity(_row[token]))
                {
                    (_buffers.Tokens[count], _buffers.Logits[count++]) = (token, _row[token]);
                }
            }
        }
        (Count, _listed, _ranked) = (count, true, false);
    }

    /// <summary>Lists the k largest logits of the row.</summary>
    private void ListLargest(int k)
    {
        var keys = _buffers.Keys.AsSpan(0, k);
        LargestLogits.Select(_row, keys);
        for (int i = 0; i < k; i++)
        {
            int token = LargestLogits.TokenOf(keys[i]);
            _buffers.Tokens[i] = token;
            _buffers.Logits[i] = _row[token];
        }
        (Count, _listed, _ranked) = (k, true, true);
    }

    private void KeepLargest()
    {
        int best = LogitRow.ArgMax(_listed ? Logits : _row);
        (_buffers.Tokens[0], _buffers.Logits[0]) = _listed ? (_buffers.Tokens[best], _buffers.Logits[best]) : (best, _row[best]);
        (Count, _listed, _ranked) = (1, true, true);
    }

    private void Rank()
    {
        if (_ranked)
        {
            return;
        }
        var keys = _buffers.Keys.AsSpan(0, Count);
        for (int i = 0; i < Count; i++)
        {
            keys[i] = LargestLogits.KeyOf(_buffers.Logits[i], _buffers.Tokens[i]);
        }
        keys.Sort(Logits);
        for (int i = 0; i < Count; i++)
        {
            _buffers.Tokens[i] = LargestLogits.TokenOf(keys[i]);
        }
        _ranked = true;
    }

    /// <summary>Fills the weights with exp(logit − max) and returns their sum, the denominator of the softmax.</summary>
    private readonly float Softmax(ReadOnlySpan<float> logits)
    {
        var weights = _buffers.Weights.AsSpan(0, logits.Length);
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), weights);
        if (_temperature != 1)
        {
            TensorPrimitives.Divide(weights, _temperature, weights);
        }
        TensorPrimitives.Exp(weights, weights);
        return TensorPrimitives.Sum<float>(weights);
    }

    /// <summary>How many of the ranked candidates top-p keeps.</summary>
    private readonly int Nucleus(float p, float sum)
    {
        ReadOnlySpan<float> logits = Logits;
        float cumulative = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            cumulative += MathF.Exp((logits[i] - logits[0]) / _temperature) / sum;
            if (cumulative >= p)
            {
                return i + 1;
            }
        }
        return logits.Length;
    }

    // A suppressed token does not even reach a threshold of 0; otherwise it would be the one that stays.
    private readonly bool IsLikely(int i, float sum, float threshold) =>
        _buffers.Weights[i] / sum >= threshold && !float.IsNegativeInfinity(_buffers.Logits[i]);

    private readonly bool IsBefore(int i, int j) =>
        LargestLogits.KeyOf(_buffers.Logits[i], _buffers.Tokens[i]) < LargestLogits.KeyOf(_buffers.Logits[j], _buffers.Tokens[j]);

    private readonly void Keep(int i, ref int kept)
    {
        _buffers.Tokens[kept] = _buffers.Tokens[i];
        _buffers.Logits[kept++] = _buffers.Logits[i];
    }
}
