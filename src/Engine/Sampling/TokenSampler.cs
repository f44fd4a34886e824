namespace Engine.Sampling;

/// <summary>Chooses the next token from a row of logits (V): suppressed tokens are taken out, then the samplers of the settings run in
/// their order, then one of the tokens that are left is drawn.</summary>
/// <remarks>The coins are arguments, so that the choice is a function of its inputs and the previous tokens. Nothing is allocated per
/// token. Not thread-safe.</remarks>
internal sealed class TokenSampler
{
    private readonly SamplingSettings _settings;
    private readonly Sampler[] _chain;
    private readonly IReadOnlyList<int> _suppressed;
    private readonly IReadOnlyDictionary<int, float> _biases;
    private readonly RecentTokens? _recent;
    private readonly Mirostat? _mirostat;
    private readonly CandidateBuffers _buffers;
    private readonly bool _takesChance;

    /// <param name="settings">The settings, already checked.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="suppressed">Tokens that are never drawn: some of V, not all.</param>
    /// <param name="biases">Numbers to add to logits, for ids below V.</param>
    /// <param name="restricts">Whether masks will be given.</param>
    public TokenSampler(SamplingSettings settings, int vocabulary, IReadOnlyList<int> suppressed, IReadOnlyDictionary<int, float> biases, bool restricts = false)
    {
        _settings = settings;
        _chain = settings.Chain();
        _suppressed = suppressed;
        _biases = biases;
        _takesChance = _chain.Contains(Sampler.Xtc);
        _recent = _chain.Contains(Sampler.Penalties) ? new RecentTokens(settings.PenaltyWindow) : null;
        _mirostat = settings.Mirostat == 0 ? null : new Mirostat(settings.Mirostat, settings.MirostatTau, settings.MirostatEta, vocabulary);
        bool ranks = settings.Mirostat == 1 || _chain.Any(sampler => sampler is Sampler.TopK or Sampler.TopP);
        int room = Room(vocabulary);
        _buffers = new CandidateBuffers(
            vocabulary, restricts ? Math.Max(room, Math.Min(vocabulary, Candidates.MaxListed)) : room, ranks,
            changes: restricts || suppressed.Count > 0 || biases.Count > 0 || _recent is not null);
    }

    /// <summary>Adds a token of the prompt or the answer to those that the penalties look at.</summary>
    public void Accept(int token) => _recent?.Add(token);

    /// <summary>The next token.</summary>
    /// <param name="logits">V logits.</param>
    /// <param name="random">Provides one coin per token, and a second one if XTC may act.</param>
    /// <param name="mask">Bits of the tokens that may be drawn; empty for all.</param>
    /// <exception cref="NonFiniteLogitsException">A logit is NaN or infinite.</exception>
    /// <exception cref="UnsupportedRequestException">All tokens of the mask are suppressed, or excluded by a bias.</exception>
    public int Sample(ReadOnlySpan<float> logits, Xoshiro256 random, ReadOnlySpan<ulong> mask = default) =>
        Sample(logits, random.NextCoin(), _takesChance ? random.NextCoin() : 0, mask);

    /// <summary>The next token.</summary>
    /// <param name="logits">V logits.</param>
    /// <param name="coin">A uniform number in [0, 1) that the token is drawn with.</param>
    /// <param name="chance">Another such number: XTC acts if its probability reaches it.</param>
    /// <param name="mask">Bits of the tokens that may be drawn; empty for all.</param>
    /// <exception cref="NonFiniteLogitsException">A logit is NaN or infinite.</exception>
    /// <exception cref="UnsupportedRequestException">All tokens of the mask are suppressed, or excluded by a bias.</exception>
    public int Sample(ReadOnlySpan<float> logits, double coin, double chance = 0, ReadOnlySpan<ulong> mask = default)
    {
        Candidates candidates = Narrow(logits, chance, mask);
        int token = candidates.Draw(coin, out double probability);
        _mirostat?.Learn(probability);
        return token;
    }

    /// <summary>The remaining candidates, valid until the next call.</summary>
    public Candidates Narrow(ReadOnlySpan<float> logits, double chance = 0, ReadOnlySpan<ulong> mask = default)
    {
        LogitRow.RequireFinite(logits);
        var candidates = new Candidates(logits, _buffers);
        if (_biases.Count > 0)
        {
            candidates.Bias(_biases);
        }
        if (_suppressed.Count > 0)
        {
            candidates.Suppress(_suppressed);
        }
        if (!mask.IsEmpty && !candidates.Restrict(mask))
        {
            throw new UnsupportedRequestException(
                "Keeping an answer to its constraint: expected a token that may be drawn, found that all tokens the constraint allows here are suppressed or excluded by a bias. Leave the bias out, or change the constraint.");
        }
        foreach (Sampler sampler in _chain)
        {
            Apply(sampler, ref candidates, chance);
        }
        _mirostat?.Cut(ref candidates);
        return candidates;
    }

    private void Apply(Sampler sampler, ref Candidates candidates, double chance)
    {
        switch (sampler)
        {
            case Sampler.Penalties:
                candidates.Penalize(_recent!, _settings);
                break;
            case Sampler.TopK:
                candidates.TopK(_settings.TopK);
                break;
            case Sampler.TopP:
                candidates.TopP(_settings.TopP);
                break;
            case Sampler.MinP:
                candidates.MinP(_settings.MinP);
                break;
            case Sampler.Xtc when chance <= _settings.XtcProbability:
                candidates.RemoveLikely(_settings.XtcThreshold);
                break;
            case Sampler.Temperature:
                candidates.Temper(_settings.Temperature);
                break;
        }
    }

    /// <summary>The maximum number of candidates that are listed, which is what the first sampler that cuts leaves.</summary>
    private int Room(int vocabulary)
    {
        foreach (Sampler sampler in _chain)
        {
            if (sampler == Sampler.TopK)
            {
                return Math.Min(_settings.TopK, vocabulary);
            }
            if (sampler == Sampler.Temperature && _settings.Temperature == 0)
            {
                return 1;
            }
            if (sampler is not (Sampler.Penalties or Sampler.Temperature))
            {
                break;
            }
        }
        return vocabulary;
    }
}
