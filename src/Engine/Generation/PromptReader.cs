namespace Engine.Generation;

/// <summary>Turns prompts into token ids that a session may be given: not empty, in the vocabulary, no longer than the context.</summary>
internal sealed class PromptReader(ITokenizer tokenizer, ModelCard card)
{
    // Splitting this much text takes about a millisecond; more is done off the caller's thread, so that it can be cancelled.
    private const int InlineCharacters = 8192;

    /// <exception cref="EmptyPromptException">No tokens, even after special tokens.</exception>
    /// <exception cref="ContextLengthExceededException">More tokens than the context holds.</exception>
    /// <exception cref="TokenOutOfRangeException">An id is not in the vocabulary.</exception>
    public async ValueTask<int[]> ReadAsync(Prompt prompt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var tokens = prompt.Text is { Length: > InlineCharacters }
            ? await Task.Run(() => prompt.ToTokens(tokenizer), cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false)
            : prompt.ToTokens(tokenizer);
        if (tokens.Count == 0)
        {
            throw new EmptyPromptException(
                $"Evaluating a prompt with {card.Name}: expected at least one token, found none, " +
                "and the model's vocabulary adds no special token to an empty text. Send some text, or a beginning-of-sequence id.");
        }
        if (tokens.Count > card.ContextLength)
        {
            throw new ContextLengthExceededException(tokens.Count, card.ContextLength);
        }
        int[] ids = [.. tokens];
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)card.VocabularySize)
            {
                throw new TokenOutOfRangeException(id, card.VocabularySize);
            }
        }
        return ids;
    }
}
