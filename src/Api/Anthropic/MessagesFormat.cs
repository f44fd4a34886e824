using Engine.Api.Answers;
using Engine.Chat;

namespace Engine.Api.Anthropic;

/// <summary>An answer in Anthropic's events, each of which has its name: clients pass over those that have none.</summary>
/// <param name="running">What runs for the request.</param>
/// <param name="id">The answer's.</param>
/// <param name="thinks">Whether thoughts are asked for; else they are left out.</param>
internal sealed class MessagesFormat(RunningGeneration running, string id, bool thinks) : IEventFormat
{
    private static readonly AnswerBlock Text = AnswerBlock.OfText("");
    private static readonly AnswerBlock Thought = AnswerBlock.OfThought("");

    private readonly BlockDeltaEvent _delta = new();
    private readonly ReasoningReader? _reader = Conversations.ReadersOf(running)[0];
    private GeneratedToken? _last;
    private bool _open;
    private AnswerBlock? _block;

    public string ContentType => EventFormats.ServerSentEvents;

    public ReadOnlySpan<byte> KeepAlive => "event: ping\ndata: {\"type\":\"ping\"}\n\n"u8;

    public void Add(EventWriter events, int answer, GeneratedToken token)
    {
        _last = token;
        Open(events);
        (string? thought, string? text) = _reader?.Read(token.Text, isLast: token.FinishReason is not null) ?? (null, token.Text);
        if (thinks && thought is { Length: > 0 })
        {
            Enter(events, Thought);
            (_delta.Delta.Type, _delta.Delta.Thinking, _delta.Delta.Text) = ("thinking_delta", thought, null);
            events.Event(_delta, AnthropicJson.Api.BlockDeltaEvent, "content_block_delta"u8);
        }
        if (text is { Length: > 0 })
        {
            Enter(events, Text);
            (_delta.Delta.Type, _delta.Delta.Thinking, _delta.Delta.Text) = ("text_delta", null, text);
            events.Event(_delta, AnthropicJson.Api.BlockDeltaEvent, "content_block_delta"u8);
        }
    }

    public void End(EventWriter events)
    {
        Open(events);
        Enter(events, Text); // an answer without text has an empty one
        Leave(events);
        events.Event(
            new MessageDeltaEvent("message_delta", new StopDelta(StopReasons.Word(_last), _last?.StopText), Usage()), AnthropicJson.Api.MessageDeltaEvent, "message_delta"u8);
        events.Raw("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
    }

    public void Fail(EventWriter events, Failure failure) => events.Event(AnthropicDialect.Describe(failure), AnthropicJson.Api.AnthropicError, "error"u8);

    // With the first token, which knows how many the prompt had; clients want to hear that first.
    private void Open(EventWriter events)
    {
        if (_open)
        {
            return;
        }
        _open = true;
        AnthropicAnswer empty = AnthropicAnswer.Of(id, running.Name, [], null, Usage() with { OutputTokens = 0 });
        events.Event(new MessageStartEvent("message_start", empty), AnthropicJson.Api.MessageStartEvent, "message_start"u8);
    }

    private void Enter(EventWriter events, AnswerBlock block)
    {
        if (_block?.Type == block.Type)
        {
            return;
        }
        if (_block is not null)
        {
            Leave(events);
            _delta.Index++;
        }
        _block = block;
        events.Event(new BlockStartEvent("content_block_start", _delta.Index, block), AnthropicJson.Api.BlockStartEvent, "content_block_start"u8);
    }

    private void Leave(EventWriter events) =>
        events.Event(new BlockStopEvent("content_block_stop", _delta.Index), AnthropicJson.Api.BlockStopEvent, "content_block_stop"u8);

    private AnthropicUsage Usage() => AnthropicUsage.Of(TokenCounts.Of([_last]));
}
