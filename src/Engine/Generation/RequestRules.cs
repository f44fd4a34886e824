using System.Text;

namespace Engine.Generation;

/// <summary>Checks the values of a request, whatever the backend, and what a model must be able to do.</summary>
internal static class RequestRules
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(24); // the limit of a timer

    /// <exception cref="InvalidRequestException">A value is invalid.</exception>
    /// <exception cref="UnsupportedRequestException">The model does not score, or takes no source.</exception>
    public static void Check(ScoreRequest request, ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(request);
        Expect(request.Tokens is not null, nameof(request.Tokens), "a text or token ids", null);
        Expect(request.FirstPosition >= 0, nameof(request.FirstPosition), "0 or more", request.FirstPosition);
        Expect(request.PositionCount is null or > 0, nameof(request.PositionCount), "1 or more, or null for all", request.PositionCount);
        Expect(Enum.IsDefined(request.Form), nameof(request.Form), "one of its names", request.Form);
        Expect(request.Form != ScoreForm.TopK || request.TopK > 0, nameof(request.TopK), "1 or more", request.TopK);
        Expect(request.BlockRows > 0, nameof(request.BlockRows), "1 or more", request.BlockRows);
        Expect(Enum.IsDefined(request.Numerics), nameof(request.Numerics), "one of its names", request.Numerics);
        Expect(Enum.IsDefined(request.Arithmetic), nameof(request.Arithmetic), "one of its names", request.Arithmetic);
        Check(request.Deadline);
        Expect(request.Activations is not null, nameof(request.Activations), "a list, empty for none", null);
        Expect(request.Activations!.All(name => !string.IsNullOrEmpty(name)), nameof(request.Activations), "a list of names", "an empty name");
        Expect(request.Replay is not null, nameof(request.Replay), "a list, empty for none", null);
        Expect(request.Tokens!.Pair is null && request.Source?.Pair is null, nameof(request.Tokens), "one text; a pair is for embedding", "a pair");
        Expect(
            request.Activations!.Count + request.Replay!.Count == 0 || request is { FirstPosition: 0, PositionCount: null },
            nameof(request.Activations), "asked for together with all positions (FirstPosition 0, PositionCount null)",
            $"FirstPosition {request.FirstPosition}, PositionCount {request.PositionCount?.ToString() ?? "null"}");
        Require(card, ModelCapabilities.Score, "score tokens", "a LLaMA or a GPT-2");
        RequireReplay(request.Replay.Count, card);
        bool encodes = card.Capabilities.HasFlag(ModelCapabilities.Source);
        if (request.Source is not null && !encodes)
        {
            throw new UnsupportedRequestException(
                $"Scoring tokens with {card.Name}: the architecture {card.Architecture} has no encoder, the request has a source. Send Tokens alone.");
        }
        if (request.Source is null && encodes)
        {
            throw new InvalidRequestException(
                $"Scoring tokens with {card.Name}: the architecture {card.Architecture} scores a target against a source, the request has no source. Set Source.");
        }
    }

    /// <exception cref="InvalidRequestException">A value is invalid.</exception>
    /// <exception cref="UnsupportedRequestException">The model does not generate.</exception>
    public static void Check(GenerateRequest request, ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(request);
        Expect(request.Prompt is not null, nameof(request.Prompt), "a text or token ids", null);
        Expect(request.Prompt!.Pair is null, nameof(request.Prompt), "one text; a pair is for embedding", "a pair");
        Expect(request.MaxTokens is null or >= 0, nameof(request.MaxTokens), "0 or more, or null for what the context holds", request.MaxTokens);
        Expect(request.Sampling is not null, nameof(request.Sampling), "sampling options", null);
        Check(request.Sampling!);
        Check(request.LogitBias, card);
        Expect(request.Stop is not null, nameof(request.Stop), "a list, empty for none", null);
        Expect(request.Stop!.All(stop => !string.IsNullOrEmpty(stop)), nameof(request.Stop), "a list of texts", "an empty text");
        Expect(request.Stop!.All(IsWellFormed), nameof(request.Stop), "well-formed UTF-16", "half of a surrogate pair");
        Expect(Enum.IsDefined(request.Logits), nameof(request.Logits), "one of its names", request.Logits);
        Expect(request.Logits != StepLogits.TopK || request.TopK > 0, nameof(request.TopK), "1 or more", request.TopK);
        Expect(Enum.IsDefined(request.Numerics), nameof(request.Numerics), "one of its names", request.Numerics);
        Expect(Enum.IsDefined(request.Arithmetic), nameof(request.Arithmetic), "one of its names", request.Arithmetic);
        Check(request.Deadline);
        Require(card, ModelCapabilities.Generate, "generate text", "a LLaMA, a GPT-2 or a T5");
        if (card.SuppressedTokens.Count >= card.VocabularySize)
        {
            throw new UnsupportedRequestException(
                $"Generating with {card.Name}: expected tokens that may be drawn, found all {card.VocabularySize} suppressed by the file (tokenizer.ggml.suppress_tokens). Convert the model again.");
        }
    }

    /// <exception cref="InvalidRequestException">A value is invalid.</exception>
    /// <exception cref="UnsupportedRequestException">The model does not embed.</exception>
    public static void Check(EmbedRequest request, ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(request);
        Expect(request.Inputs is { Count: > 0 }, nameof(request.Inputs), "at least one input", request.Inputs is null ? null : "an empty list");
        Expect(request.Inputs!.All(input => input is not null), nameof(request.Inputs), "a list of prompts", "a null input");
        Expect(Enum.IsDefined(request.Pooling), nameof(request.Pooling), "one of its names", request.Pooling);
        Expect(!(request.Normalize && request.Pooling == Pooling.Rank), nameof(request.Normalize), "false with Pooling.Rank, whose scores are not a direction", true);
        Expect(Enum.IsDefined(request.Numerics), nameof(request.Numerics), "one of its names", request.Numerics);
        Expect(Enum.IsDefined(request.Arithmetic), nameof(request.Arithmetic), "one of its names", request.Arithmetic);
        Check(request.Deadline);
        Expect(request.Activations is not null, nameof(request.Activations), "a list, empty for none", null);
        Expect(request.Replay is not null, nameof(request.Replay), "a list, empty for none", null);
        Expect(
            request.Activations!.Count + request.Replay!.Count == 0 || request.Inputs!.Count == 1,
            nameof(request.Inputs), "a single one with Activations or Replay", request.Inputs!.Count);
        Require(card, ModelCapabilities.Embed, "embed text", "a BERT");
        RequireReplay(request.Replay.Count, card);
    }

    /// <summary>The error if scores are requested and the file has no classifier.</summary>
    public static UnsupportedRequestException NoClassifier(string model) => new(
        $"Pooling by rank with {model}: expected an encoder with a classifier head (cls.*), the file has none. Ask for another pooling.");

    private static void Check(TimeSpan? deadline) => Expect(
        deadline is null || (deadline > TimeSpan.Zero && deadline <= MaxTime), nameof(GenerateRequest.Deadline), "more than nothing and at most 24 days, or null for none", deadline);

    private static void Check(IReadOnlyDictionary<int, float> biases, ModelCard card)
    {
        Expect(biases is not null, nameof(GenerateRequest.LogitBias), "biases by token id, empty for none", null);
        int excluded = 0;
        foreach ((int token, float bias) in biases!)
        {
            if (token < 0 || token >= card.VocabularySize)
            {
                throw new TokenOutOfRangeException(token, card.VocabularySize);
            }
            Expect(float.IsFinite(bias) || float.IsNegativeInfinity(bias), nameof(GenerateRequest.LogitBias), "finite numbers, or −∞ for a token that must not be drawn", bias);
            excluded += float.IsNegativeInfinity(bias) && !card.SuppressedTokens.Contains(token) ? 1 : 0;
        }
        Expect(
            excluded == 0 || card.SuppressedTokens.Count + excluded < card.VocabularySize, nameof(GenerateRequest.LogitBias), "a bias that leaves tokens to draw from", "all of them excluded");
    }

    private static void Check(SamplingOptions options)
    {
        Expect(options.Temperature is null or (>= 0 and <= float.MaxValue), nameof(options.Temperature), "a finite number of 0 or more", options.Temperature);
        Expect(options.TopK is null or >= 0, nameof(SamplingOptions.TopK), "0 (all) or more", options.TopK);
        Expect(options.TopP is null or (>= 0 and <= 1), nameof(options.TopP), "between 0 and 1", options.TopP);
        Expect(options.MinP is null or (>= 0 and <= 1), nameof(options.MinP), "between 0 and 1", options.MinP);
        Expect(options.XtcProbability is null or (>= 0 and <= 1), nameof(options.XtcProbability), "between 0 and 1", options.XtcProbability);
        Expect(options.XtcThreshold is null or (>= 0 and <= 1), nameof(options.XtcThreshold), "between 0 and 1", options.XtcThreshold);
        Expect(options.RepetitionPenalty is null or (> 0 and <= float.MaxValue), nameof(options.RepetitionPenalty), "a finite number above 0", options.RepetitionPenalty);
        Expect(float.IsFinite(options.FrequencyPenalty ?? 0), nameof(options.FrequencyPenalty), "a finite number", options.FrequencyPenalty);
        Expect(float.IsFinite(options.PresencePenalty ?? 0), nameof(options.PresencePenalty), "a finite number", options.PresencePenalty);
        Expect(options.PenaltyWindow is null or >= -1, nameof(options.PenaltyWindow), "-1 (all), 0 (none) or more", options.PenaltyWindow);
        Expect(options.Mirostat is null or (>= 0 and <= 2), nameof(options.Mirostat), "0 (off), 1 or 2", options.Mirostat);
        Expect(options.MirostatTau is null or (>= 0 and <= float.MaxValue), nameof(options.MirostatTau), "a finite number of 0 or more", options.MirostatTau);
        Expect(options.MirostatEta is null or (>= 0 and <= float.MaxValue), nameof(options.MirostatEta), "a finite number of 0 or more", options.MirostatEta);
        if (options.Samplers is { } samplers && SamplerNames.Fault(samplers) is { } found)
        {
            Expect(false, nameof(options.Samplers), SamplerNames.Expected, found);
        }
    }

    private static void Expect(bool holds, string name, string expected, object? found) => ValueRule.Require("Reading a request", holds, name, expected, found, "request");

    private static void RequireReplay(int activations, ModelCard card)
    {
        if (activations > 0)
        {
            Require(card, ModelCapabilities.Replay, "replay another run's activations", "one on the reference backend");
        }
    }

    private static void Require(ModelCard card, ModelCapabilities capability, string verb, string example)
    {
        if (!card.Capabilities.HasFlag(capability))
        {
            throw new UnsupportedRequestException(
                $"{CapabilityText.Of(card)}. It cannot {verb}; use a model that can, such as {example}.");
        }
    }

    private static bool IsWellFormed(string text)
    {
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out int consumed) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }
            rest = rest[consumed..];
        }
        return true;
    }
}
