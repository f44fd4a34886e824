using Engine.Api.Answers;

namespace Engine.Api.OpenAI;

/// <summary>A chat completion in events.</summary>
internal sealed class ChatFormat : IEventFormat
{
    private readonly ChatChunk _chunk;
    private readonly ChatChunkChoice[] _choice = [new()];
    private readonly GeneratedToken?[] _last;
    private readonly Logprobs? _logprobs;
    private readonly Chat.ReasoningReader?[] _readers;
    private readonly GenerationVerification? _verification;
    private readonly bool _usage;

    /// <param name="running">What runs for the request.</param>
    /// <param name="id">The answer's.</param>
    /// <param name="usage">Whether the token counts come last.</param>
    public ChatFormat(RunningGeneration running, string id, bool usage)
    {
        _chunk = new ChatChunk { Id = id, Created = running.Started.ToUnixTimeSeconds(), Model = running.Name };
        _last = new GeneratedToken?[running.Requests.Count];
        _logprobs = running.Settings.TopLogprobs is { } top ? new Logprobs(running.Model.Tokenizer, top) : null;
        _readers = Conversations.ReadersOf(running);
        (_verification, _usage) = (running.Verification, usage);
    }

    public string ContentType => EventFormats.ServerSentEvents;

    public ReadOnlySpan<byte> KeepAlive => EventFormats.Comment;

    public void Add(EventWriter events, int answer, GeneratedToken token)
    {
        bool first = _last[answer] is null;
        _last[answer] = token;
        (string? thought, string? text) = _readers[answer]?.Read(token.Text, isLast: token.FinishReason is not null) ?? (null, token.Text);
        if (!first && thought is null && text is null or "" && token.FinishReason is null && _logprobs is null)
        {
            return;
        }
        ChatChunkChoice choice = _choice[0];
        choice.Index = answer;
        choice.Delta.Role = first ? "assistant" : null;
        (choice.Delta.ReasoningContent, choice.Delta.Content) = (thought, text);
        choice.Logprobs = _logprobs?.Chat([token]);
        choice.FinishReason = FinishReasons.Word(token);
        _chunk.Choices = _choice;
        events.Event(_chunk, ChunkJson.Default.ChatChunk);
    }

    public void End(EventWriter events)
    {
        _chunk.Verification = _verification?.Verdict;
        if (_usage || _chunk.Verification is not null)
        {
            (_chunk.Choices, _chunk.Usage) = ([], _usage ? Usage.Of(TokenCounts.Of(_last)) : null);
            events.Event(_chunk, ChunkJson.Default.ChatChunk);
        }
        events.Raw(EventFormats.Done);
    }

    public void Fail(EventWriter events, Failure failure) => events.Event(OpenAIDialect.Describe(failure), OpenAIJson.Api.ErrorBody);
}
