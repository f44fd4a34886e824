namespace Engine.Parity;

/// <summary>Compares what two models compute for the same tokens.</summary>
public static class ParityCheck
{
    /// <summary>Runs one prompt through both models and judges the native one row by row, by its logits if both can score tokens,
    /// otherwise by its embeddings.</summary>
    /// <param name="native">The model judged.</param>
    /// <param name="reference">The model it is judged by.</param>
    /// <param name="prompt">Token ids, or a text: both tokenizers must then agree on its ids. The source, for an encoder–decoder.</param>
    /// <param name="options">The numerics, the tolerance, and an encoder–decoder's target.</param>
    /// <param name="cancellationToken">Cancels both computations.</param>
    /// <exception cref="ConfigurationException">The models' vocabularies differ in size.</exception>
    /// <exception cref="UnsupportedRequestException">There is nothing that both can do.</exception>
    /// <exception cref="EngineException">A model refused the request.</exception>
    public static async Task<ParityReport> RunAsync(
        IModel native, IModel reference, Prompt prompt, ParityOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ParityOptions();
        RequireOneVocabulary(native.Card, reference.Card);
        Tolerance tolerance = options.Tolerance ?? Tolerance.For(native.Card, reference.Card, options.Numerics);
        IReadOnlyList<RowKind> kinds = RowKinds.Of(native.Card, reference.Card);
        string? disagreement = Disagreement(prompt.ToTokens(native.Tokenizer), prompt.ToTokens(reference.Tokenizer));
        ParityInput input = await ParityInput.ReadAsync(native, reference, prompt, options.Target, cancellationToken).ConfigureAwait(false);
        var measures = new List<RowMeasures>();
        IReadOnlyList<Activation> activations = [];
        foreach (RowKind kind in kinds)
        {
            await using var a = new RowReader("the native side", native, input, kind, options.Numerics, Arithmetic.Exact, cancellationToken);
            await using var b = new RowReader("the reference", reference, input, kind, options.Numerics, options.Arithmetic, cancellationToken,
                ExpertUse.Activations(reference.Card, input.Length));
            int[] targets = kind == RowKind.Logits ? [.. input.Tokens.Skip(1)] : [];
            var rows = new RowComparison(kind, 0, input.RowCount(kind), targets) { Progress = options.Progress };
            measures.Add(await rows.MeasureAsync(a, b, tolerance).ConfigureAwait(false));
            activations = b.Activations.Count > 0 ? b.Activations : activations;
        }
        var coverage = new Coverage(native.Card);
        coverage.Add(input.Tokens, input.Segments, input.Source, activations);
        return Judgement.Report(measures, native.Card, reference.Card, options, tolerance, disagreement) with { Coverage = coverage.ToReport() };
    }

    /// <summary>
    /// Judges the exact logits that tokens were sampled from: the reference scores prompt and generated tokens
    /// in one pass. A second native run on a fresh context would hide faults of cache and batching in this one.
    /// </summary>
    /// <param name="native">The model that generated.</param>
    /// <param name="reference">The model it is judged by.</param>
    /// <param name="prompt">The token ids of the prompt, special tokens included.</param>
    /// <param name="steps">All generated tokens in order, each with <see cref="GeneratedToken.Logits"/>.</param>
    /// <param name="options">The numerics the tokens were generated with, and the tolerance.</param>
    /// <param name="cancellationToken">Cancels the scoring.</param>
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
        Tolerance tolerance = options.Tolerance ?? Tolerance.For(native, reference.Card, options.Numerics);

        // Step i belongs to the last position of the prompt and i tokens (or, for an encoder–decoder, whose prompt is its source, of the start
        // token and i tokens). The last token itself was never evaluated.
        int[] generated = [.. steps.Select(step => step.Token)];
        IReadOnlyList<int> before = native.DecoderStartToken is { } start ? [start] : prompt;
        int first = before.Count - 1;
        ScoreRequest request = ExpertUse.Ask(new ScoreRequest
        {
            Tokens = Prompt.FromTokens([.. before, .. generated[..^1]]),
            Source = native.DecoderStartToken is null ? null : Prompt.FromTokens(prompt),
            FirstPosition = first,
            PositionCount = steps.Count,
            Numerics = options.Numerics,
            Arithmetic = options.Arithmetic,
            BlockRows = RowReader.BlockRows(native.VocabularySize),
        }, reference.Card);
        await using var a = new RowReader("the native side", native.VocabularySize, steps, first);
        await using var b = new RowReader("the reference", native.VocabularySize, reference.ScoreAsync(request, cancellationToken));
        var rows = new RowComparison(RowKind.Logits, first, steps.Count, generated) { Progress = options.Progress };
        RowMeasures measures = await rows.MeasureAsync(a, b, tolerance).ConfigureAwait(false);
        var coverage = new Coverage(native);
        coverage.Add(request.Tokens.Tokens!, source: request.Source?.Tokens, activations: b.Activations);
        return Judgement.Report([measures], native, reference.Card, options, tolerance, disagreement: null) with { Coverage = coverage.ToReport() };
    }

    /// <exception cref="ConfigurationException">The vocabularies differ in size.</exception>
    internal static void RequireOneVocabulary(ModelCard native, ModelCard reference)
    {
        if (native.VocabularySize != reference.VocabularySize)
        {
            throw new ConfigurationException(
                $"Comparing two models: expected one vocabulary, found {native.VocabularySize} tokens in {native.Path} and {reference.VocabularySize} in "
                + $"{reference.Path}. Give both sides files of the same model.");
        }
    }

    /// <summary>A message that says where two tokenizers' ids for a text differ; null if they do not.</summary>
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
