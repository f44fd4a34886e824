using System.Diagnostics;
using static Engine.Telemetry.TelemetryNames;

namespace Engine.Telemetry;

/// <summary>One request, measured from its beginning to its end, however it ends.</summary>
internal sealed class RequestMeasure
{
    private readonly string _operation;
    private readonly string _requested;
    private readonly string _answering;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Activity? _span;
    private long _first;
    private long _last;
    private bool _lastRowIsLastToken;
    private GeneratedToken? _latest;
    private string? _error = Cancelled; // the default: the reader has left

    private RequestMeasure(string operation, string requested, string answering)
    {
        (_operation, _requested, _answering) = (operation, requested, answering);
        if (Instruments.Spans.HasListeners())
        {
            _span = Instruments.Spans.StartActivity(
                $"{operation} {requested}", ActivityKind.Internal, default(ActivityContext),
                [new(Operation, operation), new(Provider, EngineProvider), new(RequestModel, requested)]);
            _span?.SetTag(ResponseModel, answering);
        }
    }

    /// <summary>Tokens that the request gave the model; null if that is not known.</summary>
    public int? InputTokens { get; set; }

    /// <summary>Tokens of the answer; null if it has none.</summary>
    public int? OutputTokens { get; private set; }

    /// <param name="request">What is asked.</param>
    /// <param name="requested">The model's name in the configuration.</param>
    /// <param name="answering">The name that its file has.</param>
    public static RequestMeasure Begin(GenerateRequest request, string requested, string answering)
    {
        var measure = new RequestMeasure(request.Prompt?.IsConversation == true ? TelemetryNames.Chat : TextCompletion, requested, answering);
        if (measure._span is { IsAllDataRequested: true } span && request.Sampling is { } sampling)
        {
            span.SetTag(MaxTokens, request.MaxTokens);
            span.SetTag(Temperature, sampling.Temperature);
            span.SetTag(TopK, (double?)sampling.TopK);
            span.SetTag(TopP, sampling.TopP);
            span.SetTag(Seed, sampling.Seed is { } seed ? unchecked((long)seed) : null);
            span.SetTag(FrequencyPenalty, sampling.FrequencyPenalty);
            span.SetTag(PresencePenalty, sampling.PresencePenalty);
        }
        return measure;
    }

    public static RequestMeasure Begin(ScoreRequest request, string requested, string answering) => new(Score, requested, answering)
    {
        InputTokens = request.Tokens?.Tokens?.Count + (request.Source is null ? 0 : request.Source.Tokens?.Count),
        _lastRowIsLastToken = request is { PositionCount: null, Source: null, Form: not ScoreForm.TargetLogProbability },
    };

    public static RequestMeasure Begin(EmbedRequest request, string requested, string answering) =>
        new(request.Pooling == Pooling.Rank ? Rank : TelemetryNames.Embeddings, requested, answering);

    /// <summary>A token has come.</summary>
    public void Add(GeneratedToken token)
    {
        _last = Stopwatch.GetTimestamp();
        if (OutputTokens is null)
        {
            (_first, InputTokens, OutputTokens) = (_last, token.PromptTokens, 0);
        }
        OutputTokens++;
        _latest = token;
        if (token.FinishReason is not null)
        {
            _error = null; // whether or not the reader asks for another one
        }
    }

    /// <summary>Rows have come.</summary>
    public void Add(ScoreBlock block) => InputTokens = _lastRowIsLastToken ? block.FirstPosition + block.Rows : InputTokens;

    /// <summary>The whole answer has come.</summary>
    public void Complete() => _error = null;

    public void Fail(Exception failure) => _error = ErrorTypeOf(failure);

    /// <summary>Reports it.</summary>
    public void End()
    {
        TagList tags = new([new(Operation, _operation), new(Provider, EngineProvider), new(RequestModel, _requested), new(ResponseModel, _answering)]);
        Count(tags, Input, InputTokens);
        Count(tags, Output, OutputTokens);
        if (_error is null && OutputTokens is { } tokens)
        {
            Instruments.TimeToFirstToken.Record(Stopwatch.GetElapsedTime(_began, _first).TotalSeconds, tags);
            if (tokens > 1)
            {
                Instruments.TimePerOutputToken.Record(Stopwatch.GetElapsedTime(_first, _last).TotalSeconds / (tokens - 1), tags);
            }
        }
        if (_error is not null)
        {
            tags.Add(ErrorType, _error);
        }
        Instruments.RequestDuration.Record(Stopwatch.GetElapsedTime(_began).TotalSeconds, tags);
        EndSpan();
    }

    private static void Count(TagList tags, string type, int? tokens)
    {
        if (tokens is { } count)
        {
            tags.Add(TokenType, type); // of this copy
            Instruments.TokenUsage.Record(count, tags);
        }
    }

    private void EndSpan()
    {
        if (_span is null)
        {
            return;
        }
        if (_error is not null)
        {
            // Without the message, which may quote the request.
            _span.SetStatus(ActivityStatusCode.Error).SetTag(ErrorType, _error);
        }
        _span.SetTag(TelemetryNames.InputTokens, InputTokens).SetTag(TelemetryNames.OutputTokens, OutputTokens);
        if (_latest is not null)
        {
            _span.SetTag(CachedTokens, _latest.CachedTokens);
        }
        if (_latest?.FinishReason is { } reason)
        {
            _span.SetTag(FinishReasons, new[] { reason is FinishReason.MaxTokens or FinishReason.ContextFull ? "length" : "stop" });
        }
        _span.Dispose();
    }
}
