using Engine.Sampling;

namespace Engine.Generation;

/// <summary>One request's generation as a state machine: it says what to evaluate next and turns each row of logits into
/// a token. No threads, no backend.</summary>
internal sealed class Continuation
{
    private readonly ITokenizer _tokenizer;
    private readonly bool _hasText;
    private readonly ModelCard _card;
    private readonly GenerateRequest _request;
    private readonly int _promptTokens;
    private readonly TextAssembler _text;
    private readonly TokenSampler _sampler;
    private readonly Xoshiro256 _random;
    private readonly int[] _latest = [0];
    private readonly ConstrainedAnswer? _constrained;
    private int _evaluated;
    private int _index;

    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="hasText">Whether its tokens stand for text, since a file may lack the vocabulary.</param>
    /// <param name="card">Gives the context length, what the file says of sampling, and the token an encoder–decoder's answers begin with.</param>
    /// <param name="prompt">The prompt's ids: not empty, no longer than the context. The source, for an encoder–decoder.</param>
    /// <param name="request">The request, already checked.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="constraint">Says what the answer may be, and the tokens that end a generation; null for anything.</param>
    public Continuation(ITokenizer tokenizer, bool hasText, ModelCard card, int[] prompt, GenerateRequest request, ulong seed, (IConstraint Constraint, int[] Ends)? constraint = null)
    {
        (_tokenizer, _hasText, _card, _request) = (tokenizer, hasText, card, request);
        _promptTokens = prompt.Length;
        _text = new TextAssembler(request.Stop);
        _sampler = new TokenSampler(SamplingSettings.Of(request.Sampling, card.Sampling), tokenizer.VocabularySize, card.SuppressedTokens, request.LogitBias, constraint is not null);
        _constrained = constraint is not var (held, ends) ? null
            : new ConstrainedAnswer(held, tokenizer.VocabularySize, request.IgnoreEndOfGeneration ? [] : ends, request.AlwaysValid);
        _random = new Xoshiro256(seed);
        request.Tap?.Begin(prompt);
        if (card.DecoderStartToken is { } start)
        {
            (Source, Pending) = (prompt, [start]);
        }
        else
        {
            Pending = prompt;
        }
        foreach (int token in Pending)
        {
            _sampler.Accept(token);
        }
        if (request.MaxTokens == 0)
        {
            (IsFinished, Pending) = (true, []);
        }
        else
        {
            _constrained?.Begin(TokensLeft);
        }
    }

    /// <summary>What an encoder–decoder encodes before the first step; null for a decoder.</summary>
    public int[]? Source { get; }

    /// <summary>What to evaluate next, after everything evaluated before: the prompt at first, then the latest token.</summary>
    public int[] Pending { get; private set; }

    /// <summary>Whether the answer has ended, so that nothing is left to evaluate.</summary>
    public bool IsFinished { get; private set; }

    // How many tokens the answer may still get.
    private int TokensLeft => Math.Min(_request.MaxTokens is { } most ? most - _index : int.MaxValue, _card.ContextLength - _evaluated - (_index == 0 ? Pending.Length : 0) + 1);

    /// <summary>Chooses the next token, assembles its text, and decides whether the answer ends with it.</summary>
    /// <param name="logits">The row (V) of the last pending token.</param>
    /// <exception cref="NonFiniteLogitsException">A logit is NaN or infinite.</exception>
    /// <exception cref="UnsupportedRequestException">The constraint leaves no token.</exception>
    public GeneratedToken Accept(ReadOnlySpan<float> logits)
    {
        _evaluated += Pending.Length;
        int token = _constrained is null ? _sampler.Sample(logits, _random)
            : _constrained.Choose(_sampler.Sample(logits, _random, _constrained.Mask), TokensLeft - 1);
        _sampler.Accept(token);
        _request.Tap?.Take(token, logits);
        bool ended = !_request.IgnoreEndOfGeneration && _tokenizer.IsEndOfGeneration(token);
        bool complete = _constrained is not null && !ended && _constrained.Accept(token);
        string text = ended || !_hasText ? "" : _text.Append(_tokenizer.GetBytes(token).Span);
        FinishReason? reason =
            ended ? FinishReason.EndOfGeneration
            : _text.Stopped ? FinishReason.Stop
            : complete ? FinishReason.EndOfGeneration
            : _index + 1 == _request.MaxTokens ? FinishReason.MaxTokens
            : _evaluated >= _card.ContextLength ? FinishReason.ContextFull
            : null;
        IsFinished = reason is not null;
        (TokenLogProbability[]? top, float? own) = (null, null);
        if (_request.Logits == StepLogits.TopK)
        {
            (top, own) = LogitRow.Probabilities(logits, _request.TopK, token);
        }
        _latest[0] = token;
        Pending = IsFinished ? [] : _latest;
        return new GeneratedToken
        {
            Token = token,
            Text = IsFinished ? text + _text.Finish() : text,
            Index = _index++,
            PromptTokens = _promptTokens,
            Logits = _request.Logits == StepLogits.Full ? logits.ToArray() : null,
            TopK = top,
            LogProbability = own,
            FinishReason = reason,
            StopText = reason == FinishReason.Stop ? _text.StoppedBy : null,
        };
    }
}
