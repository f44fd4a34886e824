using System.Text;
using Engine.Api.Answers;
using Engine.Chat.Tools;

namespace Engine.Api.OpenAI.Responses;

/// <summary>A response as events: its beginning, its messages and calls one after another, a message's text piece by piece, and the end of each of
/// them. Thoughts are left out.</summary>
internal sealed class ResponsesFormat : IEventFormat
{
    private readonly Response _response;
    private readonly AnswerParts _parts;
    private readonly TextDeltaEvent _delta = new();
    private readonly StringBuilder _text = new();
    private readonly Logprobs? _logprobs;
    private readonly List<TokenLogprob> _ofText = [];
    private readonly List<OutputItem> _items = [];
    private readonly Action<string, string> _keep;
    private readonly GenerationVerification? _verification;
    private bool _inMessage;
    private int _next;

    /// <param name="running">The request's generations.</param>
    /// <param name="response">As it begins.</param>
    /// <param name="keep">Takes the id and the text of each message.</param>
    public ResponsesFormat(RunningGenerations running, Response response, Action<string, string> keep)
    {
        (_response, _keep, _verification, _parts) = (response, keep, running.Verification, running.Parts()[0]);
        _logprobs = running.Settings.TopLogprobs is { } top ? new Logprobs(running.Model.Tokenizer, top) : null;
    }

    public string ContentType => EventFormats.ServerSentEvents;

    public ReadOnlySpan<byte> KeepAlive => EventFormats.Comment;

    public void Begin(EventWriter events)
    {
        Tell(events, "response.created", _response);
        Tell(events, "response.in_progress", _response);
    }

    public void Add(EventWriter events, int answer, GeneratedToken token)
    {
        string text = "";
        foreach (AnswerPiece piece in _parts.Read(token))
        {
            if (piece.Call is { } call)
            {
                Say(events, text, []);
                text = "";
                EndMessage(events, null);
                Call(events, OutputCall.Of(call));
            }
            else if (piece.Kind == AnswerPieceKind.Text)
            {
                text += piece.Text;
            }
        }
        Say(events, text, _logprobs?.Chat([token]).Content ?? []);
    }

    public void End(EventWriter events)
    {
        if (!_parts.HasCalls)
        {
            BeginMessage(events); // an answer without text still has an empty message
        }
        EndMessage(events, _parts.Last);
        Response response = _response.End(_items, _parts.Last, _verification);
        Tell(events, $"response.{response.Status}", response);
    }

    public void Fail(EventWriter events, Failure failure)
    {
        ErrorDetails error = OpenAIDialect.Describe(failure).Error;
        events.Event(new ErrorEvent(_next++, error.Code, error.Message, error.Param, error), ResponsesJson.Api.ErrorEvent, "error"u8);
        Tell(events, "response.failed", _response with { Status = "failed", Error = new ResponseError(error.Code ?? error.Type, error.Message) });
    }

    private void Say(EventWriter events, string text, IReadOnlyList<TokenLogprob> logprobs)
    {
        if (text.Length == 0 && logprobs.Count == 0)
        {
            return;
        }
        BeginMessage(events);
        _text.Append(text);
        _ofText.AddRange(logprobs);
        (_delta.SequenceNumber, _delta.Delta, _delta.Logprobs) = (_next++, text, logprobs);
        events.Event(_delta, ResponsesJson.Api.TextDeltaEvent, "response.output_text.delta"u8);
    }

    private void BeginMessage(EventWriter events)
    {
        if (_inMessage)
        {
            return;
        }
        _inMessage = true;
        (_delta.ItemId, _delta.OutputIndex) = (OutputMessage.NewId(), _items.Count);
        Tell(events, "response.output_item.added", new OutputMessage(_delta.ItemId, OutputItem.InProgress, []));
        events.Event(
            new PartEvent("response.content_part.added", _next++, _delta.ItemId, _items.Count, new OutputText("", [])), ResponsesJson.Api.PartEvent, "response.content_part.added"u8);
    }

    private void EndMessage(EventWriter events, GeneratedToken? last)
    {
        if (!_inMessage)
        {
            return;
        }
        _inMessage = false;
        var text = new OutputText(_text.ToString(), [.. _ofText]);
        var message = OutputMessage.Of(_delta.ItemId, text, last);
        events.Event(new TextDoneEvent(_next++, message.Id, _items.Count, text.Text, text.Logprobs), ResponsesJson.Api.TextDoneEvent, "response.output_text.done"u8);
        events.Event(new PartEvent("response.content_part.done", _next++, message.Id, _items.Count, text), ResponsesJson.Api.PartEvent, "response.content_part.done"u8);
        Tell(events, "response.output_item.done", message);
        _items.Add(message);
        _keep(message.Id, text.Text);
        _text.Clear();
        _ofText.Clear();
    }

    private void Call(EventWriter events, OutputCall call)
    {
        Tell(events, "response.output_item.added", call with { Status = OutputItem.InProgress, Arguments = "" });
        events.Event(
            new ArgumentsEvent(ArgumentsEvent.Next, _next++, call.Id, _items.Count) { Delta = call.Arguments }, ResponsesJson.Api.ArgumentsEvent,
            "response.function_call_arguments.delta"u8);
        events.Event(
            new ArgumentsEvent(ArgumentsEvent.Done, _next++, call.Id, _items.Count) { Name = call.Name, Arguments = call.Arguments }, ResponsesJson.Api.ArgumentsEvent,
            "response.function_call_arguments.done"u8);
        Tell(events, "response.output_item.done", call);
        _items.Add(call);
    }

    private void Tell(EventWriter events, string name, OutputItem item) =>
        events.Event(new ItemEvent(name, _next++, _items.Count, item), ResponsesJson.Api.ItemEvent, Encoding.UTF8.GetBytes(name));

    private void Tell(EventWriter events, string name, Response response) =>
        events.Event(new ResponseEvent(name, _next++, response), ResponsesJson.Api.ResponseEvent, Encoding.UTF8.GetBytes(name));
}
