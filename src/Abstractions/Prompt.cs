using System.Text.Json.Serialization;

namespace Engine;

/// <summary>A prompt: text, text in parts, or the token ids themselves (BOS included by the caller). Exactly one of the three is set.</summary>
public sealed record Prompt
{
    /// <summary>A prompt of text; the model's tokenizer adds its special tokens. Null if another form is set.</summary>
    public string? Text { get; }

    /// <summary>A prompt of token ids, taken as they are. Null if another form is set.</summary>
    public IReadOnlyList<int>? Tokens { get; }

    /// <summary>The second text of a sentence pair, whose tokens are of segment 1; null for none.</summary>
    public string? Pair { get; }

    /// <summary>The segment of each of <see cref="Tokens"/>, 0 or 1 in BERT; null for 0 throughout.</summary>
    public IReadOnlyList<int>? Segments { get; }

    /// <summary>A text in parts, in some of which special tokens are written out. Null if another form is set.</summary>
    public IReadOnlyList<PromptPart>? Parts { get; }

    /// <summary>Whether a chat template made it, for the metrics; stays set when its text is tokenized.</summary>
    internal bool IsConversation { get; init; }

    /// <summary>Made by <see cref="FromText"/>, <see cref="FromTokens"/>, <see cref="FromPair"/>, <see cref="FromParts"/> or a serializer.</summary>
    /// <exception cref="ArgumentException">Several are set, or none; a pair without a text, or segments that are not one per token.</exception>
    [JsonConstructor]
    public Prompt(
        string? text, IReadOnlyList<int>? tokens, string? pair = null, IReadOnlyList<int>? segments = null, IReadOnlyList<PromptPart>? parts = null)
    {
        if ((text is null ? 0 : 1) + (tokens is null ? 0 : 1) + (parts is null ? 0 : 1) != 1)
        {
            throw new ArgumentException("A prompt is either a text, a list of parts or a list of token ids: set one of the three.");
        }
        if (pair is not null && text is null)
        {
            throw new ArgumentException("A prompt with a pair has a text as its first half: set the text.");
        }
        if (segments is not null && segments.Count != tokens?.Count)
        {
            throw new ArgumentException($"A prompt's segments are one per token id: expected {tokens?.Count ?? 0}, found {segments.Count}.");
        }
        (Text, Tokens, Pair, Segments, Parts, IsConversation) = (text, tokens, pair, segments, parts, parts is not null);
    }

    /// <summary>A prompt of text, such as users send: what looks like a special token in it is plain text.</summary>
    public static Prompt FromText(string text) => new(text, null);

    /// <summary>A prompt of token ids.</summary>
    /// <param name="tokens">The ids.</param>
    /// <param name="segments">One per id, or null for 0 throughout.</param>
    public static Prompt FromTokens(IReadOnlyList<int> tokens, IReadOnlyList<int>? segments = null) => new(null, tokens, null, segments);

    /// <summary>A pair of texts, as BERT reads two sentences: [CLS] first [SEP] second [SEP], the second and its [SEP] of segment 1.</summary>
    public static Prompt FromPair(string first, string second) => new(first, null, second);

    /// <summary>A prompt such as a chat template makes: its own text may name special tokens, the users' text in it may not.</summary>
    public static Prompt FromParts(IReadOnlyList<PromptPart> parts) => new(null, null, parts: parts);

    /// <summary>The prompt's ids: its own, or its text by the tokenizer, special tokens added. If a text brings its own
    /// beginning-of-sequence token, no second one is added.</summary>
    public IReadOnlyList<int> ToTokens(ITokenizer tokenizer) => PromptTokens.Read(this, tokenizer, out _);

    /// <summary>The segment of each id; null for 0 throughout.</summary>
    /// <param name="tokenizer">The one that <see cref="ToTokens"/> was given.</param>
    public IReadOnlyList<int>? ToSegments(ITokenizer tokenizer) => Pair is null ? Segments : PromptTokens.SegmentsOfPair(this, tokenizer);
}

/// <summary>A stretch of a prompt's text.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsMarkup">Whether the texts of special tokens in it are these tokens: true for what a chat template itself
/// writes, false for what users send.</param>
public sealed record PromptPart(string Text, bool IsMarkup);
