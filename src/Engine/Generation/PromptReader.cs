using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Generation;

/// <summary>Turns prompts into valid token ids: not empty, in the vocabulary, no longer than the context.</summary>
/// <param name="tokenizer">The model's.</param>
/// <param name="card">What is loaded.</param>
/// <param name="logger">Is notified of a doubled beginning-of-sequence token: as a warning once, then for debugging.</param>
internal sealed class PromptReader(ITokenizer tokenizer, ModelCard card, ILogger? logger = null)
{
    /// <summary>The event of a doubled beginning-of-sequence token.</summary>
    public static readonly EventId DoubledStart = new(1, nameof(DoubledStart));

    /// <summary>The event of a context that is longer than the model was trained for.</summary>
    public static readonly EventId BeyondTraining = new(2, nameof(BeyondTraining));

    // Splitting this much text takes about a millisecond. Longer texts are split off the caller's thread, so that it can be cancelled.
    private const int InlineCharacters = 8192;

    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private int _warnings;

    /// <exception cref="EmptyPromptException">No tokens, even after special tokens.</exception>
    /// <exception cref="ContextLengthExceededException">More tokens than the context holds.</exception>
    /// <exception cref="TokenOutOfRangeException">An id is not in the vocabulary.</exception>
    public async ValueTask<int[]> ReadAsync(Prompt prompt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Checked(await SplitAsync(prompt, _ => Read(prompt), cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The target of an encoder–decoder: ids as they are, a text after the decoder's start token and without the tokens that
    /// end a source.</summary>
    /// <exception cref="EngineException">As for <see cref="ReadAsync"/>.</exception>
    public async ValueTask<int[]> ReadTargetAsync(Prompt target, int start, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Checked(await SplitAsync(target, Target, cancellationToken).ConfigureAwait(false));

        IReadOnlyList<int> Target(ITokenizer tokenizer) =>
            target.Tokens ?? [start, .. target.Parts is { } parts
                ? MarkedText.Encode(parts, tokenizer, addSpecial: false)
                : tokenizer.Encode(target.Text!, addSpecial: false, parseSpecial: false)];
    }

    /// <summary>The segment of each id that <see cref="ReadAsync"/> gave; empty for 0 throughout.</summary>
    /// <exception cref="InvalidRequestException">A segment is negative or beyond 1.</exception>
    /// <exception cref="UnsupportedRequestException">The model cannot tell segments apart here.</exception>
    public int[] ReadSegments(Prompt prompt)
    {
        int[] segments = [.. prompt.ToSegments(tokenizer) ?? []];
        foreach (int segment in segments)
        {
            if (segment is < 0 or > 1)
            {
                throw new InvalidRequestException($"Reading a prompt for {card.Name}: expected segments of 0 or 1, found {segment}. Correct the segments.");
            }
            if (segment > 0 && !card.Capabilities.HasFlag(ModelCapabilities.Segments))
            {
                throw new UnsupportedRequestException(
                    $"Embedding a sentence pair with {card.Name}: expected a model that tells segments apart, found {card.Architecture} on the backend "
                    + $"{card.Backend}, which takes every token as of segment 0. Use a BERT on the reference backend.");
            }
        }
        return segments.Contains(1) ? segments : [];
    }

    private async ValueTask<IReadOnlyList<int>> SplitAsync(
        Prompt prompt, Func<ITokenizer, IReadOnlyList<int>> split, CancellationToken cancellationToken) =>
        prompt.Parts is not null || (prompt.Text?.Length ?? 0) + (prompt.Pair?.Length ?? 0) > InlineCharacters
            ? await Task.Run(() => split(tokenizer), cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false)
            : split(tokenizer);

    private int[] Checked(IReadOnlyList<int> tokens)
    {
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

    private IReadOnlyList<int> Read(Prompt prompt)
    {
        IReadOnlyList<int> ids = PromptTokens.Read(prompt, tokenizer, out bool hadOwnStart);
        if (hadOwnStart)
        {
            Warn("it already starts with the beginning-of-sequence token, so none was added. Remove it if you wrote it yourself; from a chat template it is harmless.");
        }
        else if (ids.Count >= 2 && ids[0] == ids[1] && PromptTokens.StartsTwice(ids, card.HasVocabulary ? tokenizer.BeginningOfSequence : null))
        {
            Warn("it begins with two beginning-of-sequence tokens, which models are not trained for. Both are kept; leave one out.");
        }
        return ids;
    }

    private void Warn(string what)
    {
        LogLevel level = Interlocked.Increment(ref _warnings) == 1 ? LogLevel.Warning : LogLevel.Debug;
        _logger.DoubledStart(level, card.Name, what);
    }
}
