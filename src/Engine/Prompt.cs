using System.Text.Json.Serialization;

namespace Engine;

/// <summary>A prompt: text, or the token ids themselves (BOS included by the caller). Exactly one of the two is set.</summary>
public sealed record Prompt
{
    /// <summary>A prompt of text; the model's tokenizer adds its special tokens. Null where <see cref="Tokens"/> is set.</summary>
    public string? Text { get; }

    /// <summary>A prompt of token ids, taken as they are. Null where <see cref="Text"/> is set.</summary>
    public IReadOnlyList<int>? Tokens { get; }

    /// <summary>The second text of a sentence pair, whose tokens are of segment 1; null for none.</summary>
    public string? Pair { get; }

    /// <summary>The segment of each of <see cref="Tokens"/>, 0 or 1 in BERT; null for 0 throughout.</summary>
    public IReadOnlyList<int>? Segments { get; }

    /// <summary>Made by <see cref="FromText"/>, <see cref="FromTokens"/>, <see cref="FromPair"/> or a serializer.</summary>
    /// <exception cref="ArgumentException">Both are set, or neither; a pair without a text, or segments that are not one per token.</exception>
    [JsonConstructor]
    public Prompt(string? text, IReadOnlyList<int>? tokens, string? pair = null, IReadOnlyList<int>? segments = null)
    {
        if (text is null == tokens is null)
        {
            throw new ArgumentException("A prompt is either a text or a list of token ids: set one of the two.");
        }
        if (pair is not null && text is null)
        {
            throw new ArgumentException("A prompt with a pair has a text as its first half: set the text.");
        }
        if (segments is not null && segments.Count != tokens?.Count)
        {
            throw new ArgumentException($"A prompt's segments are one per token id: expected {tokens?.Count ?? 0}, found {segments.Count}.");
        }
        (Text, Tokens, Pair, Segments) = (text, tokens, pair, segments);
    }

    /// <summary>A prompt of text.</summary>
    public static Prompt FromText(string text) => new(text, null);

    /// <summary>A prompt of token ids.</summary>
    /// <param name="tokens">The ids.</param>
    /// <param name="segments">One per id, or null for 0 throughout.</param>
    public static Prompt FromTokens(IReadOnlyList<int> tokens, IReadOnlyList<int>? segments = null) => new(null, tokens, null, segments);

    /// <summary>A pair of texts, as BERT reads two sentences: [CLS] first [SEP] second [SEP], the second and its [SEP] of segment 1.</summary>
    public static Prompt FromPair(string first, string second) => new(first, null, second);

    /// <summary>The prompt's ids: its own, or its text by the tokenizer, special tokens added.</summary>
    public IReadOnlyList<int> ToTokens(ITokenizer tokenizer)
    {
        if (Tokens is not null)
        {
            return Tokens;
        }
        IReadOnlyList<int> first = tokenizer.Encode(Text!, addSpecial: true, parseSpecial: false);
        return Pair is null ? first : [.. first, .. Second(tokenizer)];
    }

    /// <summary>The segment of each id; null for 0 throughout.</summary>
    /// <param name="tokenizer">The one that <see cref="ToTokens"/> was given.</param>
    public IReadOnlyList<int>? ToSegments(ITokenizer tokenizer) => Pair is null
        ? Segments
        : [.. Enumerable.Repeat(0, tokenizer.Encode(Text!, addSpecial: true, parseSpecial: false).Count), .. Second(tokenizer).Select(_ => 1)];

    // The second text's tokens with the token that ends a text, but without the one that begins it.
    private IEnumerable<int> Second(ITokenizer tokenizer)
    {
        IReadOnlyList<int> second = tokenizer.Encode(Pair!, addSpecial: true, parseSpecial: false);
        return second.Skip(second.Count > 0 && second[0] == tokenizer.BeginningOfSequence ? 1 : 0);
    }
}
