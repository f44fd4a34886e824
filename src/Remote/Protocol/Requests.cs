namespace Engine.Remote.Protocol;

/// <summary>Calls as requests of the contract. A call may come from anywhere: what cannot be converted is refused here, and the model checks the rest.</summary>
internal static class Requests
{
    public static ScoreRequest Of(ScoreCall call) => new()
    {
        Tokens = Of(call.Tokens),
        Source = call.Source is { } source ? Of(source) : null,
        FirstPosition = call.FirstPosition,
        PositionCount = call.HasPositionCount ? call.PositionCount : null,
        Form = (ScoreForm)call.Form,
        TopK = call.TopK,
        BlockRows = call.BlockRows,
        Activations = [.. call.Activations],
        Replay = [.. call.Replay.Select(Of)],
        Numerics = NumericsOf(call.Computation),
        Arithmetic = ArithmeticOf(call.Computation),
        Deadline = DeadlineOf(call.Computation),
    };

    public static GenerateRequest Of(GenerateCall call) => new()
    {
        Prompt = Of(call.Prompt),
        MaxTokens = call.HasMaxTokens ? call.MaxTokens : null,
        Sampling = call.Sampling is { } sampling ? Of(sampling) : new SamplingOptions(),
        LogitBias = new Dictionary<int, float>(call.LogitBias),
        Constraint = call.Constraint is { } constraint ? Constraints.Of(constraint) : null,
        AlwaysValid = call.AlwaysValid,
        Stop = [.. call.Stop],
        IgnoreEndOfGeneration = call.IgnoreEndOfGeneration,
        Logits = (StepLogits)call.Logits,
        TopK = call.TopK,
        Numerics = NumericsOf(call.Computation),
        Arithmetic = ArithmeticOf(call.Computation),
        Deadline = DeadlineOf(call.Computation),
    };

    public static EmbedRequest Of(EmbedCall call) => new()
    {
        Inputs = [.. call.Inputs.Select(Of)],
        Pooling = (Pooling)call.Pooling,
        Normalize = call.Normalize,
        Activations = [.. call.Activations],
        Replay = [.. call.Replay.Select(Of)],
        Numerics = NumericsOf(call.Computation),
        Arithmetic = ArithmeticOf(call.Computation),
        Deadline = DeadlineOf(call.Computation),
    };

    private static Numerics NumericsOf(Computation? computation) => (Numerics)(computation?.Numerics ?? 0);

    private static Arithmetic ArithmeticOf(Computation? computation) => (Arithmetic)(computation?.Arithmetic ?? 0);

    private static TimeSpan? DeadlineOf(Computation? computation) => computation is { HasDeadline: true } ? new TimeSpan(computation.Deadline) : null;

    private static Prompt Of(PromptText? text)
    {
        if (text is null)
        {
            throw new InvalidRequestException("Reading a call: expected a prompt, found none. Send a text, parts or token ids.");
        }
        try
        {
            return new Prompt(
                text.HasText ? text.Text : null,
                text.Tokens is { } tokens ? [.. tokens.Ids] : null,
                text.HasPair ? text.Pair : null,
                text.Segments is { } segments ? [.. segments.Ids] : null,
                text.Parts is { } parts ? [.. parts.Parts.Select(part => new PromptPart(part.Text, part.IsMarkup))] : null);
        }
        catch (ArgumentException e)
        {
            throw new InvalidRequestException($"Reading a call: {e.Message}");
        }
    }

    private static SamplingOptions Of(Sampling sampling) => new()
    {
        Temperature = sampling.HasTemperature ? sampling.Temperature : null,
        TopK = sampling.HasTopK ? sampling.TopK : null,
        TopP = sampling.HasTopP ? sampling.TopP : null,
        MinP = sampling.HasMinP ? sampling.MinP : null,
        XtcProbability = sampling.HasXtcProbability ? sampling.XtcProbability : null,
        XtcThreshold = sampling.HasXtcThreshold ? sampling.XtcThreshold : null,
        RepetitionPenalty = sampling.HasRepetitionPenalty ? sampling.RepetitionPenalty : null,
        FrequencyPenalty = sampling.HasFrequencyPenalty ? sampling.FrequencyPenalty : null,
        PresencePenalty = sampling.HasPresencePenalty ? sampling.PresencePenalty : null,
        PenaltyWindow = sampling.HasPenaltyWindow ? sampling.PenaltyWindow : null,
        Mirostat = sampling.HasMirostat ? sampling.Mirostat : null,
        MirostatTau = sampling.HasMirostatTau ? sampling.MirostatTau : null,
        MirostatEta = sampling.HasMirostatEta ? sampling.MirostatEta : null,
        Samplers = sampling.HasSamplers ? sampling.Samplers : null,
        Seed = sampling.HasSeed ? sampling.Seed : null,
    };

    private static Activation Of(GivenActivation given)
    {
        if (given.Head is null || given.Head.Shape.Count == 0)
        {
            throw new InvalidRequestException("Reading a call: expected each activation to have a name and a shape, found one without. Send them as they came with an answer.");
        }
        return Answers.ActivationOf(given.Head, FloatBytes.Read(given.Values));
    }
}
