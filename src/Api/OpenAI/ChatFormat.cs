using Engine.Api.Answers;
using Engine.Chat.Tools;

namespace Engine.Api.OpenAI;

/// <summary>A chat completion as events.</summary>
internal sealed class ChatFormat : IEventFormat
{
    private readonly ChatChunk _chunk;
    private readonly ChatChunkChoice[] _choice = [new()];
    private readonly Logprobs? _logprobs;
    private readonly AnswerParts[] _parts;
    private readonly GenerationVerification? _verification;
    private readonly bool _usage;

    /// <param name="running">The request's generations.</param>
    /// <param name="id">The answer's.</param>
    /// <param name="usage">Whether the token counts come at the end.</param>
    public ChatFormat(RunningGenerations running, string id, bool usage)
    {
        _chunk = new ChatChunk { Id = id, Created = running.Started.ToUnixTimeSeconds(), Model = running.Name };
        _logprobs = running.Settings.TopLogprobs is { } top ? new Logprobs(running.Model.Tokenizer, top) : null;
        _parts = running.Parts();
        (_verification, _usage) = (running.Verification, usage);
    }

    public string ContentType => EventFormats.ServerSentEvents;

    public ReadOnlySpan<byte> KeepAlive => EventFormats.Comment;

    public void Add(EventWriter events, int answer, GeneratedToken token)
    {
        AnswerParts parts = _parts[answer];
        bool first = parts.Last is null;
        ChatDelta delta = _choice[0].Delta;
        (delta.Role, delta.ReasoningContent, delta.Content, delta.ToolCalls) = (first ? "assistant" : null, null, null, null);
        foreach (AnswerPiece piece in parts.Read(token))
        {
            if (piece.Call is { } call)
            {
                if (delta.Content is not null || delta.ReasoningContent is not null || delta.ToolCalls is not null)
                {
                    Write(events, answer);
                }
                delta.ToolCalls = [AnswerToolCall.Of(call) with { Index = call.Index }];
                continue;
            }
            if (delta.ToolCalls is not null)
            {
                Write(events, answer);
            }
            (delta.ReasoningContent, delta.Content) = piece.Kind == AnswerPieceKind.Thought
                ? (delta.ReasoningContent + piece.Text, delta.Content) : (delta.ReasoningContent, delta.Content + piece.Text);
        }
        if (delta.Role is not null || delta.Content is not null || delta.ReasoningContent is not null || delta.ToolCalls is not null || token.FinishReason is not null || _logprobs is not null)
        {
            Write(events, answer, token, parts.HasCalls);
        }
    }

    public void End(EventWriter events)
    {
        _chunk.Verification = _verification?.Verdict;
        if (_usage || _chunk.Verification is not null)
        {
            (_chunk.Choices, _chunk.Usage) = ([], _usage ? Usage.Of(TokenCounts.Of(_parts.Select(parts => parts.Last))) : null);
            events.Event(_chunk, ChunkJson.Default.ChatChunk);
        }
        events.Raw(EventFormats.Done);
    }

    /// <summary>Writes the delta and clears it.</summary>
    /// <param name="events">Takes the event.</param>
    /// <param name="answer">Index of its answer in the request.</param>
    /// <param name="token">The token that this delta completes; null if more of it follows.</param>
    /// <param name="calls">Whether the answer calls tools.</param>
    private void Write(EventWriter events, int answer, GeneratedToken? token = null, bool calls = false)
    {
        ChatChunkChoice choice = _choice[0];
        choice.Index = answer;
        choice.Logprobs = token is null ? null : _logprobs?.Chat([token]);
        choice.FinishReason = FinishReasons.Word(token, calls);
        _chunk.Choices = _choice;
        events.Event(_chunk, ChunkJson.Default.ChatChunk);
        (choice.Delta.Role, choice.Delta.ReasoningContent, choice.Delta.Content, choice.Delta.ToolCalls) = (null, null, null, null);
    }

    public void Fail(EventWriter events, Failure failure) => events.Event(OpenAIDialect.Describe(failure), OpenAIJson.Api.ErrorBody);
}
