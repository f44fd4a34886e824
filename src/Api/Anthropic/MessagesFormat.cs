using Engine.Api.Answers;

namespace Engine.Api.Anthropic;

/// <summary>An answer in Anthropic's events, each of which has its name: clients pass over those that have none.</summary>
/// <param name="running">What runs for the request.</param>
/// <param name="id">The answer's.</param>
internal sealed class MessagesFormat(RunningGeneration running, string id) : IEventFormat
{
    private readonly TextDeltaEvent _text = new();
    private GeneratedToken? _last;
    private bool _open;

    public string ContentType => EventFormats.ServerSentEvents;

    public ReadOnlySpan<byte> KeepAlive => "event: ping\ndata: {\"type\":\"ping\"}\n\n"u8;

    public void Add(EventWriter events, int answer, GeneratedToken token)
    {
        _last = token;
        Open(events);
        if (token.Text.Length > 0)
        {
            _text.Delta.Text = token.Text;
            events.Event(_text, AnthropicJson.Api.TextDeltaEvent, "content_block_delta"u8);
        }
    }

    public void End(EventWriter events)
    {
        Open(events);
        events.Raw("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"u8);
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
        events.Raw("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"u8);
    }

    private AnthropicUsage Usage() => AnthropicUsage.Of(TokenCounts.Of([_last]));
}
