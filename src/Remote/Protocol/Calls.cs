namespace Engine.Remote.Protocol;

/// <summary>Requests of the contract as calls.</summary>
internal static class Calls
{
    public static ScoreCall Of(ScoreRequest request, ModelReference model)
    {
        var call = new ScoreCall
        {
            Model = model,
            Computation = Of(request.Numerics, request.Arithmetic, request.Deadline),
            Tokens = Of(request.Tokens),
            Source = request.Source is { } source ? Of(source) : null,
            FirstPosition = request.FirstPosition,
            Form = (int)request.Form,
            TopK = request.TopK,
            BlockRows = request.BlockRows,
            Activations = { request.Activations },
            Replay = { request.Replay.Select(Of) },
        };
        if (request.PositionCount is { } count)
        {
            call.PositionCount = count;
        }
        return call;
    }

    /// <exception cref="UnsupportedRequestException">The constraint is code.</exception>
    public static GenerateCall Of(GenerateRequest request, ModelReference model)
    {
        var call = new GenerateCall
        {
            Model = model,
            Computation = Of(request.Numerics, request.Arithmetic, request.Deadline),
            Prompt = Of(request.Prompt),
            Sampling = Of(request.Sampling),
            Constraint = request.Constraint is { } constraint ? Constraints.Of(constraint) : null,
            AlwaysValid = request.AlwaysValid,
            Stop = { request.Stop },
            IgnoreEndOfGeneration = request.IgnoreEndOfGeneration,
            Logits = (int)request.Logits,
            TopK = request.TopK,
        };
        foreach ((int token, float bias) in request.LogitBias)
        {
            call.LogitBias[token] = bias;
        }
        if (request.MaxTokens is { } most)
        {
            call.MaxTokens = most;
        }
        return call;
    }

    public static EmbedCall Of(EmbedRequest request, ModelReference model) => new()
    {
        Model = model,
        Computation = Of(request.Numerics, request.Arithmetic, request.Deadline),
        Inputs = { request.Inputs.Select(Of) },
        Pooling = (int)request.Pooling,
        Normalize = request.Normalize,
        Activations = { request.Activations },
        Replay = { request.Replay.Select(Of) },
    };

    private static Computation Of(Numerics numerics, Arithmetic arithmetic, TimeSpan? deadline)
    {
        var computation = new Computation { Numerics = (int)numerics, Arithmetic = (int)arithmetic };
        if (deadline is { } time)
        {
            computation.Deadline = time.Ticks;
        }
        return computation;
    }

    private static PromptText Of(Prompt prompt)
    {
        var text = new PromptText();
        if (prompt.Text is { } plain)
        {
            text.Text = plain;
        }
        else if (prompt.Parts is { } parts)
        {
            text.Parts = new PromptParts { Parts = { parts.Select(part => new PromptParts.Types.Part { Text = part.Text, IsMarkup = part.IsMarkup }) } };
        }
        else
        {
            text.Tokens = new IdList { Ids = { prompt.Tokens! } };
        }
        if (prompt.Pair is { } pair)
        {
            text.Pair = pair;
        }
        if (prompt.Segments is { } segments)
        {
            text.Segments = new IdList { Ids = { segments } };
        }
        return text;
    }

    private static Sampling Of(SamplingOptions options)
    {
        var sampling = new Sampling();
        Set(options.Temperature, value => sampling.Temperature = value);
        Set(options.TopK, value => sampling.TopK = value);
        Set(options.TopP, value => sampling.TopP = value);
        Set(options.MinP, value => sampling.MinP = value);
        Set(options.XtcProbability, value => sampling.XtcProbability = value);
        Set(options.XtcThreshold, value => sampling.XtcThreshold = value);
        Set(options.RepetitionPenalty, value => sampling.RepetitionPenalty = value);
        Set(options.FrequencyPenalty, value => sampling.FrequencyPenalty = value);
        Set(options.PresencePenalty, value => sampling.PresencePenalty = value);
        Set(options.PenaltyWindow, value => sampling.PenaltyWindow = value);
        Set(options.Mirostat, value => sampling.Mirostat = value);
        Set(options.MirostatTau, value => sampling.MirostatTau = value);
        Set(options.MirostatEta, value => sampling.MirostatEta = value);
        Set(options.Seed, value => sampling.Seed = value);
        if (options.Samplers is { } samplers)
        {
            sampling.Samplers = samplers;
        }
        return sampling;

        static void Set<T>(T? value, Action<T> set) where T : struct
        {
            if (value is { } given)
            {
                set(given);
            }
        }
    }

    private static GivenActivation Of(Activation activation) => new() { Head = Answers.HeadOf(activation), Values = FloatBytes.Wrap(activation.Values) };
}
