using Engine.Api.Answers;
using Engine.Chat.Tools;

namespace Engine.Api.Anthropic;

/// <summary>An answer as Anthropic's events. Each is named: clients ignore unnamed ones.</summary>
/// <param name="running">The request's generations.</param>
/// <param name="id">The answer's.</param>
/// <param name="thinks">Whether to include thoughts.</param>
internal sealed class MessagesFormat(RunningGenerations running, string id, bool thinks) : IEventFormat
{
    private static readonly AnswerBlock Text = AnswerBlock.OfText("");
    private static readonly AnswerBlock Thought = AnswerBlock.OfThought("");

    private readonly BlockDeltaEvent _delta = new();
    private readonly AnswerParts _parts = running.Parts()[0];
    private bool _open;
    private AnswerBlock? _block;

    public string ContentType => EventFormats.ServerSentEvents;

    public ReadOnlySpan<byte> KeepAlive => "event: ping\ndata: {\"type\":\"ping\"}\n\n"u8;

    public void Add(EventWriter events, int answer, GeneratedToken token)
    {
        IReadOnlyList<AnswerPiece> pieces = _parts.Read(token);
        Open(events);
        foreach (AnswerPiece piece in pieces)
        {
            if (piece.Call is { } call)
            {
                Enter(events, AnswerBlock.BeginCall(call));
                Tell(events, "input_json_delta", json: call.Arguments);
            }
            else if (piece.Kind == AnswerPieceKind.Text)
            {
                Enter(events, Text);
                Tell(events, "text_delta", text: piece.Text);
            }
            else if (thinks)
            {
                Enter(events, Thought);
                Tell(events, "thinking_delta", thought: piece.Text);
            }
        }
    }

    public void End(EventWriter events)
    {
        Open(events);
        if (!_parts.HasCalls)
        {
            Enter(events, Text); // an answer without text still has an empty block
        }
        Leave(events);
        var stop = new StopDelta(StopReasons.Word(_parts.Last, _parts.HasCalls), _parts.Last?.StopText);
        events.Event(new MessageDeltaEvent("message_delta", stop, Usage()), AnthropicJson.Api.MessageDeltaEvent, "message_delta"u8);
        events.Raw("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
    }

    public void Fail(EventWriter events, Failure failure) => events.Event(AnthropicDialect.Describe(failure), AnthropicJson.Api.AnthropicError, "error"u8);

    // Waits for the first token, which carries the prompt's token count: clients expect that first.
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
        // Each call is a block of its own.
        if (_block?.Type == block.Type && !block.IsCall)
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

    private void Tell(EventWriter events, string type, string? text = null, string? thought = null, string? json = null)
    {
        (_delta.Delta.Type, _delta.Delta.Text, _delta.Delta.Thinking, _delta.Delta.PartialJson) = (type, text, thought, json);
        events.Event(_delta, AnthropicJson.Api.BlockDeltaEvent, "content_block_delta"u8);
    }

    private void Leave(EventWriter events) =>
        events.Event(new BlockStopEvent("content_block_stop", _delta.Index), AnthropicJson.Api.BlockStopEvent, "content_block_stop"u8);

    private AnthropicUsage Usage() => AnthropicUsage.Of(TokenCounts.Of([_parts.Last]));
}
