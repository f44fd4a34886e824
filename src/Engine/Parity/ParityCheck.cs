namespace Engine.Parity;

/// <summary>Compares what two models say of the same tokens.</summary>
public static class ParityCheck
{
    /// <summary>Scores one prompt with both models, row by row, and judges the native one.</summary>
    /// <param name="native">The model judged.</param>
    /// <param name="reference">The model it is judged by.</param>
    /// <param name="prompt">Token ids, or a text: both tokenizers must then agree on its ids.</param>
    /// <param name="options">The setting and the tolerance.</param>
    /// <param name="cancellationToken">Ends both scorings.</param>
    /// <exception cref="ConfigurationException">The models' vocabularies differ in size.</exception>
    /// <exception cref="EngineException">A model refused the request.</exception>
    public static async Task<ParityReport> RunAsync(
        IModel native, IModel reference, Prompt prompt, ParityOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ParityOptions();
        RequireOneVocabulary(native.Card, reference.Card);
        Tolerance tolerance = options.Tolerance ?? Tolerance.For(native.Card, reference.Card, options.Setting);
        IReadOnlyList<int> tokens = prompt.ToTokens(native.Tokenizer);
        string? disagreement = Disagreement(tokens, prompt.ToTokens(reference.Tokenizer));

        var request = new ScoreRequest
        {
            Tokens = Prompt.FromTokens(tokens),
            Numerics = options.Setting,
            BlockRows = RowReader.BlockRows(native.Card.VocabularySize),
        };
        await using var a = new RowReader("the native side", native, request, cancellationToken);
        await using var b = new RowReader("the reference", reference, request, cancellationToken);
        LogitMeasures measures = await MeasureAsync(a, b, new Rows(0, tokens.Count, [.. tokens.Skip(1)]), tolerance, options.Progress);
        return Judgement.Report(measures, native.Card, reference.Card, options.Setting, tolerance, disagreement);
    }

    /// <summary>
    /// Judges the logits with which tokens were generated, the very ones: the reference scores prompt and generated tokens
    /// in one pass. A second native run on a fresh context would hide the faults of cache and batching that this one had.
    /// </summary>
    /// <param name="native">The model that generated.</param>
    /// <param name="reference">The model it is judged by.</param>
    /// <param name="prompt">The token ids of the prompt, special tokens included.</param>
    /// <param name="steps">All generated tokens in order, each with <see cref="GeneratedToken.Logits"/>.</param>
    /// <param name="options">The setting the tokens were generated with, and the tolerance.</param>
    /// <param name="cancellationToken">Ends the scoring.</param>
    /// <exception cref="InvalidRequestException">There are no steps, or a step lacks its logits.</exception>
    /// <exception cref="ConfigurationException">The models' vocabularies differ in size.</exception>
    /// <exception cref="EngineException">The reference refused the request.</exception>
    public static async Task<ParityReport> VerifyAsync(
        ModelCard native, IModel reference, IReadOnlyList<int> prompt, IReadOnlyList<GeneratedToken> steps,
        ParityOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        RequireOneVocabulary(native, reference.Card);
        if (prompt.Count == 0 || steps.Count == 0)
        {
            throw new InvalidRequestException($"Verifying a generation: expected a prompt and generated tokens, found {prompt.Count} and {steps.Count}.");
        }
        Tolerance tolerance = options.Tolerance ?? Tolerance.For(native, reference.Card, options.Setting);

        // Step i stands at the last position of prompt and i tokens; the last token itself was never evaluated.
        int[] generated = [.. steps.Select(step => step.Token)];
        var request = new ScoreRequest
        {
            Tokens = Prompt.FromTokens([.. prompt, .. generated[..^1]]),
            FirstPosition = prompt.Count - 1,
            PositionCount = steps.Count,
            Numerics = options.Setting,
            BlockRows = RowReader.BlockRows(native.VocabularySize),
        };
        await using var a = new RowReader("the native side", native.VocabularySize, steps, prompt.Count - 1);
        await using var b = new RowReader("the reference", reference, request, cancellationToken);
        LogitMeasures measures = await MeasureAsync(a, b, new Rows(prompt.Count - 1, steps.Count, generated), tolerance, options.Progress);
        return Judgement.Report(measures, native, reference.Card, options.Setting, tolerance, disagreement: null);
    }

    private readonly record struct Rows(int First, int Count, int[] Targets);

    private static async Task<LogitMeasures> MeasureAsync(RowReader a, RowReader b, Rows rows, Tolerance tolerance, IProgress<float>? progress)
    {
        var measures = new LogitMeasures(a.Vocabulary, rows.First, tolerance);
        for (int row = 0; row < rows.Count; row++)
        {
            int position = rows.First + row;
            string? fault = await a.ReadAsync(position) ?? await b.ReadAsync(position);
            if (fault is not null)
            {
                measures.Fault(position, fault);
                break;
            }
            measures.Add(a.Row, b.Row, row < rows.Targets.Length ? rows.Targets[row] : null);
            progress?.Report((row + 1f) / rows.Count);
        }
        return measures;
    }

    private static void RequireOneVocabulary(ModelCard native, ModelCard reference)
    {
        if (native.VocabularySize != reference.VocabularySize)
        {
            throw new ConfigurationException(
                $"Comparing two models: expected one vocabulary, found {native.VocabularySize} tokens in {native.Path} and {reference.VocabularySize} in "
                + $"{reference.Path}. Give both sides files of the same model.");
        }
    }

    /// <summary>Where two tokenizers' ids of one text go apart, in a sentence; null where they do not.</summary>
    internal static string? Disagreement(IReadOnlyList<int> native, IReadOnlyList<int> reference)
    {
        int same = native.Zip(reference).TakeWhile(pair => pair.First == pair.Second).Count();
        if (same == native.Count && same == reference.Count)
        {
            return null;
        }
        string At(IReadOnlyList<int> tokens) => same < tokens.Count ? $"has id {tokens[same]}" : "has ended";
        return $"the tokenizers disagree from token {same} on: native {At(native)}, reference {At(reference)}";
    }
}
