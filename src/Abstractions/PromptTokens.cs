namespace Engine;

/// <summary>From a prompt to its token ids.</summary>
internal static class PromptTokens
{
    /// <param name="tokenizer">The model's.</param>
    /// <param name="hadOwnStart">Whether the text brought a beginning-of-sequence token that the tokenizer would have added.</param>
    public static IReadOnlyList<int> Read(Prompt prompt, ITokenizer tokenizer, out bool hadOwnStart)
    {
        hadOwnStart = false;
        if (prompt.Tokens is { } tokens)
        {
            return tokens;
        }
        IReadOnlyList<int> first = First(prompt, tokenizer, out hadOwnStart);
        return prompt.Pair is null ? first : [.. first, .. Second(prompt, tokenizer)];
    }

    /// <summary>0 for each token of the first text, 1 for each of the second.</summary>
    public static IReadOnlyList<int> SegmentsOfPair(Prompt pair, ITokenizer tokenizer) =>
        [.. First(pair, tokenizer, out _).Select(_ => 0), .. Second(pair, tokenizer).Select(_ => 1)];

    /// <summary>What the second text of a pair adds: its tokens with the one that ends a text, but without the one that begins it.</summary>
    public static IReadOnlyList<int> Continuation(IReadOnlyList<int> second, ITokenizer tokenizer) =>
        [.. second.Skip(second.Count > 0 && second[0] == tokenizer.BeginningOfSequence ? 1 : 0)];

    /// <summary>Whether the first two ids are both <paramref name="start"/>.</summary>
    public static bool StartsTwice(IReadOnlyList<int> ids, int? start) => ids.Count >= 2 && ids[0] == start && ids[1] == start;

    private static IReadOnlyList<int> First(Prompt prompt, ITokenizer tokenizer, out bool hadOwnStart)
    {
        IReadOnlyList<int> ids = prompt.Parts is { } parts ? MarkedText.Encode(parts, tokenizer) : tokenizer.Encode(prompt.Text!);
        int? start = tokenizer.BeginningOfSequence;
        hadOwnStart = StartsTwice(ids, start) && tokenizer.Encode("") is [int added, ..] && added == start;
        return hadOwnStart ? [.. ids.Skip(1)] : ids;
    }

    private static IReadOnlyList<int> Second(Prompt prompt, ITokenizer tokenizer) => Continuation(tokenizer.Encode(prompt.Pair!), tokenizer);
}
