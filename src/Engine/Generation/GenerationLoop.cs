using Engine.Sampling;

namespace Engine.Generation;

/// <summary>The loop of a generation: evaluate, choose, assemble text, stop or go on.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="hasText">Whether its tokens stand for text; a file may lack the vocabulary.</param>
/// <param name="card">How many tokens the session holds, and with which an encoder–decoder's answer begins.</param>
/// <param name="prompt">The prompt's ids: not empty, no longer than the context. For an encoder–decoder the source.</param>
/// <param name="request">The request, already checked.</param>
internal sealed class GenerationLoop(ITokenizer tokenizer, bool hasText, ModelCard card, int[] prompt, GenerateRequest request)
{
    private readonly TextAssembler _text = new(request.Stop);

    /// <summary>Runs to the end of the answer on the session's owner thread.</summary>
    /// <param name="session">Emptied first.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="emit">Receives each token as it is chosen, before the next is computed.</param>
    /// <param name="cancellationToken">Ends the loop between tokens and, in the session, within one.</param>
    public void Run(ISession session, ulong seed, Action<GeneratedToken> emit, CancellationToken cancellationToken)
    {
        if (request.MaxTokens == 0)
        {
            return;
        }
        var random = new Xoshiro256(seed);
        var sampler = new TokenSampler(request.Sampling, tokenizer.VocabularySize);
        int[] begin = Begin(session, cancellationToken);
        foreach (int token in begin)
        {
            sampler.Accept(token);
        }
        int[] next = [0];
        var logits = session.Decode(begin, cancellationToken);
        for (int index = 0; ; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int token = sampler.Sample(logits, random.NextCoin());
            sampler.Accept(token);
            bool ended = !request.IgnoreEndOfGeneration && tokenizer.IsEndOfGeneration(token);
            string text = ended || !hasText ? "" : _text.Append(tokenizer.GetBytes(token).Span);
            FinishReason? reason =
                ended ? FinishReason.EndOfGeneration
                : _text.Stopped ? FinishReason.Stop
                : index + 1 == request.MaxTokens ? FinishReason.MaxTokens
                : session.Length >= card.ContextLength ? FinishReason.ContextFull
                : null;
            emit(new GeneratedToken
            {
                Token = token,
                Text = reason is null ? text : text + _text.Finish(),
                Index = index,
                PromptTokens = prompt.Length,
                Logits = request.Logits == StepLogits.Full ? logits.ToArray() : null,
                TopK = request.Logits == StepLogits.TopK ? LogitRow.MostProbable(logits, request.TopK) : null,
                FinishReason = reason,
            });
            if (reason is not null)
            {
                return;
            }
            next[0] = token;
            logits = session.Decode(next, cancellationToken);
        }
    }

    // What is decoded first: the prompt, or behind an encoded prompt the token with which answers begin.
    private int[] Begin(ISession session, CancellationToken cancellationToken)
    {
        if (card.DecoderStartToken is { } start)
        {
            session.Encode(prompt, cancellationToken);
            return [start];
        }
        session.Clear();
        return prompt;
    }
}
