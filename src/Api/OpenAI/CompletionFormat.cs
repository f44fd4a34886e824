using Engine.Api.Answers;

namespace Engine.Api.OpenAI;

/// <summary>A completion as events.</summary>
internal sealed class CompletionFormat : IEventFormat
{
    private readonly CompletionChunk _chunk;
    private readonly CompletionChunkChoice[] _choice = [new()];
    private readonly GeneratedToken?[] _last;
    private readonly int[] _offsets;
    private readonly Logprobs? _logprobs;
    private readonly int _perPrompt;
    private readonly GenerationVerification? _verification;
    private readonly bool _usage;

    /// <param name="running">The request's generations.</param>
    /// <param name="id">The answer's.</param>
    /// <param name="usage">Whether the token counts come at the end.</param>
    public CompletionFormat(RunningGenerations running, string id, bool usage)
    {
        _chunk = new CompletionChunk { Id = id, Created = running.Started.ToUnixTimeSeconds(), Model = running.Name };
        _last = new GeneratedToken?[running.Requests.Count];
        _offsets = new int[running.Requests.Count];
        _logprobs = running.Settings.TopLogprobs is { } top ? new Logprobs(running.Model.Tokenizer, top) : null;
        _perPrompt = running.Settings.Answers;
        (_verification, _usage) = (running.Verification, usage);
    }

    public string ContentType => EventFormats.ServerSentEvents;

    public ReadOnlySpan<byte> KeepAlive => EventFormats.Comment;

    public void Add(EventWriter events, int answer, GeneratedToken token)
    {
        _last[answer] = token;
        if (token.Text.Length == 0 && token.FinishReason is null && _logprobs is null)
        {
            return;
        }
        CompletionChunkChoice choice = _choice[0];
        (choice.Text, choice.Index, choice.FinishReason) = (token.Text, answer, FinishReasons.Word(token));
        choice.Logprobs = _logprobs?.Completion([token], ref _offsets[answer]);
        _chunk.Choices = _choice;
        events.Event(_chunk, ChunkJson.Default.CompletionChunk);
    }

    public void End(EventWriter events)
    {
        _chunk.Verification = _verification?.Verdict;
        if (_usage || _chunk.Verification is not null)
        {
            (_chunk.Choices, _chunk.Usage) = ([], _usage ? Usage.Of(TokenCounts.OfPrompts(_last, _perPrompt)) : null);
            events.Event(_chunk, ChunkJson.Default.CompletionChunk);
        }
        events.Raw(EventFormats.Done);
    }

    public void Fail(EventWriter events, Failure failure) => events.Event(OpenAIDialect.Describe(failure), OpenAIJson.Api.ErrorBody);
}
