namespace Engine.Telemetry;

/// <summary>The attributes of metrics and spans: those that begin with <c>gen_ai</c>, and <c>error.type</c>, are OpenTelemetry's.</summary>
internal static class TelemetryNames
{
    public const string Operation = "gen_ai.operation.name";
    public const string Provider = "gen_ai.provider.name";
    public const string RequestModel = "gen_ai.request.model";
    public const string ResponseModel = "gen_ai.response.model";
    public const string TokenType = "gen_ai.token.type";
    public const string ErrorType = "error.type";

    // Of spans alone.
    public const string MaxTokens = "gen_ai.request.max_tokens";
    public const string Temperature = "gen_ai.request.temperature";
    public const string TopK = "gen_ai.request.top_k";
    public const string TopP = "gen_ai.request.top_p";
    public const string Seed = "gen_ai.request.seed";
    public const string FrequencyPenalty = "gen_ai.request.frequency_penalty";
    public const string PresencePenalty = "gen_ai.request.presence_penalty";
    public const string FinishReasons = "gen_ai.response.finish_reasons";
    public const string InputTokens = "gen_ai.usage.input_tokens";
    public const string CachedTokens = "gen_ai.usage.cache_read.input_tokens";
    public const string OutputTokens = "gen_ai.usage.output_tokens";

    // The engine's own.
    public const string Model = "engine.model";
    public const string ModelState = "engine.model.state";
    public const string Outcome = "engine.outcome";
    public const string Verdict = "engine.shadow.verdict";
    public const string DropReason = "engine.shadow.reason";
    public const string AlarmChange = "engine.shadow.alarm";
    public const string Sink = "engine.shadow.sink";

    /// <summary>The value of <see cref="Provider"/>.</summary>
    public const string EngineProvider = "engine";

    // Values of Operation: the convention's, and two for what it has no word for.
    public const string Chat = "chat";
    public const string TextCompletion = "text_completion";
    public const string Embeddings = "embeddings";
    public const string Rank = "rank";
    public const string Score = "score";

    // Values of TokenType.
    public const string Input = "input";
    public const string Output = "output";

    // Values of Outcome.
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";

    // Values of Verdict.
    public const string Pass = "pass";
    public const string Fail = "fail";

    // Values of DropReason: the queue was full, nothing could judge the sample, or judging it failed.
    public const string QueueFull = "queue";
    public const string NoOracle = "oracle";
    public const string JudgeFailed = "error";

    // Values of AlarmChange.
    public const string Began = "began";
    public const string Ended = "ended";

    // Values of ErrorType; all others are the full name of an exception's type.
    public const string Cancelled = "cancelled";
    public const string Timeout = "timeout";

    /// <summary>The value of <see cref="ErrorType"/> for what a request ended with.</summary>
    public static string ErrorTypeOf(Exception failure) => failure switch
    {
        OperationCanceledException => Cancelled,
        DeadlineExceededException => Timeout,
        _ => failure.GetType().FullName!,
    };
}
