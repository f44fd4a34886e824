namespace Engine.Parity;

/// <summary>The inputs of a calibration: the input that will be judged, and pseudo-random token ids, the same every time.</summary>
internal static class CalibrationSequences
{
    private const int Seed = 20170612;
    private const int MaxNumbers = 1 << 24; // of one engine's rows: 64 MiB

    /// <summary>The lengths of the random inputs: short texts have the largest differences, long ones the most.</summary>
    private static readonly int[] Lengths = [1, 2, 4, 9, 16, 33, 64];

    /// <param name="given">The input that the verdict will be about, truncated if its rows would not fit into memory.</param>
    /// <param name="card">The model.</param>
    /// <param name="kinds">The rows that will be compared.</param>
    public static IReadOnlyList<ParityInput> Of(ParityInput given, ModelCard card, IReadOnlyList<RowKind> kinds)
    {
        var random = new Random(Seed);
        int width = kinds[0] == RowKind.Logits ? card.VocabularySize : card.EmbeddingLength;
        int rows = Math.Max(Lengths.Length + 1, MaxNumbers / width);
        int drawn = Math.Max(1, rows / (Lengths.Length + 1));
        var inputs = new List<ParityInput> { Cut(given, Math.Min(rows / 2, card.ContextLength)) };
        foreach (int length in Lengths)
        {
            int tokens = Math.Min(Math.Min(length, drawn), card.ContextLength);
            inputs.Add(given.Source is null
                ? new ParityInput(Ids(tokens))
                : new ParityInput([card.DecoderStartToken ?? 0, .. Ids(tokens - 1)]) { Source = Ids(Math.Min(length, card.ContextLength)) });
        }
        return inputs;

        int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(card.VocabularySize))];
    }

    private static ParityInput Cut(ParityInput input, int tokens) => tokens >= input.Tokens.Count ? input : input with
    {
        Tokens = [.. input.Tokens.Take(tokens)],
        Segments = input.Segments is null ? null : [.. input.Segments.Take(tokens)],
    };
}
