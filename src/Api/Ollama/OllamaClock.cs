namespace Engine.Api.Ollama;

/// <summary>Measures the stages of a request.</summary>
/// <param name="time">The clock.</param>
internal sealed class OllamaClock(TimeProvider time)
{
    private const long NanosecondsPerTick = 100;

    private readonly long _began = time.GetTimestamp();
    private long _loaded;

    /// <summary>The time of day.</summary>
    public DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>Notes that the model is loaded and the prompt built.</summary>
    public void Loaded() => _loaded = time.GetTimestamp();

    /// <summary>Fills in the durations and token counts of an answer that has ended.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="first">Its first token; null if there is none.</param>
    /// <param name="last">Its last token.</param>
    public void End(OllamaAnswer answer, GeneratedToken? first, GeneratedToken? last)
    {
        answer.CreatedAt = Now;
        answer.Done = true;
        answer.DoneReason = last?.FinishReason is FinishReason.MaxTokens or FinishReason.ContextFull ? "length" : "stop";
        answer.TotalDuration = Total();
        answer.LoadDuration = Load();
        answer.PromptEvalCount = last?.PromptTokens ?? 0;
        answer.PromptEvalDuration = Nanoseconds(first?.Elapsed ?? TimeSpan.Zero);
        answer.EvalCount = last is null ? 0 : last.Index + 1;
        answer.EvalDuration = Nanoseconds((last?.Elapsed ?? TimeSpan.Zero) - (first?.Elapsed ?? TimeSpan.Zero));
    }

    /// <summary>Nanoseconds since the request began.</summary>
    public long Total() => Nanoseconds(time.GetElapsedTime(_began));

    /// <summary>Nanoseconds until the model was loaded.</summary>
    public long Load() => Nanoseconds(time.GetElapsedTime(_began, _loaded));

    // At least 1: clients divide by it.
    private static long Nanoseconds(TimeSpan duration) => Math.Max(1, duration.Ticks * NanosecondsPerTick);
}
