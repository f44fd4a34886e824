using Engine.Parity;

namespace Engine.Shadow;

/// <summary>Has the oracle score a sample's ids, and compares its rows with the logits that were sampled from.</summary>
internal static class ShadowVerdict
{
    /// <summary>Judges a sample.</summary>
    /// <returns>The record, and what the oracle reports of the experts it chose.</returns>
    /// <param name="sample">The sample.</param>
    /// <param name="prompt">Ids of its prompt.</param>
    /// <param name="oracleName">Name of the model it is judged by.</param>
    /// <param name="oracle">The model.</param>
    /// <param name="calibrated">The tolerance that was measured for the two; null for the one by formula.</param>
    /// <param name="cancellationToken">Cancels the scoring.</param>
    /// <exception cref="ConfigurationException">The vocabularies differ in size.</exception>
    /// <exception cref="EngineException">The oracle refuses the request.</exception>
    public static async Task<(ShadowRecord Record, IReadOnlyList<Activation> Activations)> JudgeAsync(
        ShadowSample sample, IReadOnlyList<int> prompt, string oracleName, IModel oracle, Tolerance? calibrated, CancellationToken cancellationToken)
    {
        ModelCard native = sample.Model.Card;
        ParityCheck.RequireOneVocabulary(native, oracle.Card);
        Tolerance tolerance = calibrated ?? Tolerance.For(native, oracle.Card, sample.Numerics);
        // If the oracle has no tokenizer for the vocabulary, the logits are judged on the model's own ids.
        string? disagreement = oracle.Card.SplitsText ? ParityCheck.Disagreement(prompt, sample.Prompt.ToTokens(oracle.Tokenizer)) : null;
        LargestComparison largest = null!;
        IReadOnlyList<Activation> activations = [];
        ParityReport report = await RunAsync(Arithmetic.Exact).ConfigureAwait(false);
        if (calibrated is null)
        {
            report = await SecondOpinion.AskAsync(report, native, RunAsync).ConfigureAwait(false);
        }
        var record = new ShadowRecord
        {
            Time = sample.Time,
            RequestId = sample.RequestId,
            Model = sample.Model.Name,
            Oracle = oracleName,
            Numerics = sample.Numerics,
            Positions = sample.Steps.Tokens.Count,
            FullRows = sample.Steps.Rows.Count,
            Kl = report.KlMean,
            TopOne = largest.TopOne,
            Nmse = report.Nmse,
            MaxAbsolute = report.MaxAbsDiff is { } most ? Math.Max(most, largest.MaxAbsolute) : null,
            Verdict = report.Verdict,
            Tolerance = tolerance,
            ToleranceSource = calibrated is null ? ToleranceSource.Formula : ToleranceSource.Calibration,
            Reason = report.Explanation,
        };
        return (record, activations);

        async Task<ParityReport> RunAsync(Arithmetic arithmetic)
        {
            largest = new LargestComparison(tolerance);
            (RowMeasures measures, activations) = await MeasureAsync(sample, prompt, oracle, arithmetic, tolerance, largest, cancellationToken).ConfigureAwait(false);
            var options = new ParityOptions { Numerics = sample.Numerics, Arithmetic = arithmetic };
            ParityReport report = Judgement.Report([measures], native, oracle.Card, options, tolerance, disagreement);
            return report.Verdict == ParityVerdict.Pass && largest.Fault is { } fault ? report with { Verdict = ParityVerdict.Fail, Explanation = fault } : report;
        }
    }

    /// <summary>The ids that gave a sample's logits. Step i belongs to the last position of the prompt and i tokens; the last token was never evaluated.</summary>
    public static (IReadOnlyList<int> Tokens, IReadOnlyList<int>? Source, int First) Input(ShadowSample sample, IReadOnlyList<int> prompt)
    {
        IEnumerable<int> generated = sample.Steps.Tokens.Take(sample.Steps.Tokens.Count - 1);
        return sample.Model.Card.DecoderStartToken is { } start ? ([start, .. generated], prompt, 0) : ([.. prompt, .. generated], null, prompt.Count - 1);
    }

    private static async Task<(RowMeasures Measures, IReadOnlyList<Activation> Activations)> MeasureAsync(
        ShadowSample sample, IReadOnlyList<int> prompt, IModel oracle, Arithmetic arithmetic, Tolerance tolerance, LargestComparison largest, CancellationToken cancellationToken)
    {
        int vocabulary = oracle.Card.VocabularySize;
        (IReadOnlyList<int> tokens, IReadOnlyList<int>? source, int first) = Input(sample, prompt);
        StepRecord steps = sample.Steps;
        ScoreRequest request = ExpertUse.Ask(new ScoreRequest
        {
            Tokens = Prompt.FromTokens(tokens),
            Source = source is null ? null : Prompt.FromTokens(source),
            FirstPosition = first,
            PositionCount = steps.Tokens.Count,
            Numerics = sample.Numerics,
            Arithmetic = arithmetic,
            BlockRows = RowReader.BlockRows(vocabulary),
        }, oracle.Card);
        await using var rows = new RowReader("the oracle", vocabulary, oracle.ScoreAsync(request, cancellationToken));
        var measures = new LogitMeasures(vocabulary, first, tolerance);
        for (int step = 0; step < steps.Tokens.Count; step++)
        {
            if (await rows.ReadAsync(first + step).ConfigureAwait(false) is { } fault)
            {
                measures.Fault(first + step, fault);
                break;
            }
            largest.Add(first + step, steps.Largest[step], rows.Row);
            if (steps.Rows.TryGetValue(step, out float[]? row))
            {
                measures.Add(first + step, row, rows.Row, steps.Tokens[step]);
            }
        }
        return (measures, rows.Activations);
    }
}
