using System.Text;
using Engine.Api.Answers;

namespace Engine.Api.OpenAI.Responses;

/// <summary>A response in events: its beginning, its one message, that one's text piece by piece, and the ends of all of them.</summary>
internal sealed class ResponsesFormat : IEventFormat
{
    private readonly Response _response;
    private readonly TextDeltaEvent _delta = new() { ItemId = OutputMessage.NewId() };
    private readonly StringBuilder _text = new();
    private readonly Logprobs? _logprobs;
    private readonly List<TokenLogprob> _all = [];
    private readonly Action<string, string> _keep;
    private readonly GenerationVerification? _verification;
    private GeneratedToken? _last;
    private int _next;

    /// <param name="running">What runs for the request.</param>
    /// <param name="response">As it begins.</param>
    /// <param name="keep">Takes the whole answer's id and text.</param>
    public ResponsesFormat(RunningGeneration running, Response response, Action<string, string> keep)
    {
        (_response, _keep, _verification) = (response, keep, running.Verification);
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
        if (_last is null)
        {
            BeginMessage(events);
        }
        _last = token;
        _text.Append(token.Text);
        IReadOnlyList<TokenLogprob> logprobs = _logprobs?.Chat([token]).Content ?? [];
        _all.AddRange(logprobs);
        if (token.Text.Length == 0 && logprobs.Count == 0)
        {
            return;
        }
        (_delta.SequenceNumber, _delta.Delta, _delta.Logprobs) = (_next++, token.Text, logprobs);
        events.Event(_delta, ResponsesJson.Api.TextDeltaEvent, "response.output_text.delta"u8);
    }

    public void End(EventWriter events)
    {
        if (_last is null)
        {
            BeginMessage(events);
        }
        var text = new OutputText(_text.ToString(), _all);
        OutputMessage message = OutputMessage.Of(_delta.ItemId, text, _last);
        events.Event(new TextDoneEvent(_next++, _delta.ItemId, text.Text, _all), ResponsesJson.Api.TextDoneEvent, "response.output_text.done"u8);
        events.Event(new PartEvent("response.content_part.done", _next++, _delta.ItemId, text), ResponsesJson.Api.PartEvent, "response.content_part.done"u8);
        events.Event(new ItemEvent("response.output_item.done", _next++, message), ResponsesJson.Api.ItemEvent, "response.output_item.done"u8);
        Tell(events, $"response.{message.Status}", _response.End(message, _last, _verification));
        _keep(message.Id, text.Text);
    }

    public void Fail(EventWriter events, Failure failure)
    {
        ErrorDetails error = OpenAIDialect.Describe(failure).Error;
        events.Event(new ErrorEvent(_next++, error.Code, error.Message, error.Param, error), ResponsesJson.Api.ErrorEvent, "error"u8);
        Tell(events, "response.failed", _response with { Status = "failed", Error = new ResponseError(error.Code ?? error.Type, error.Message) });
    }

    private void BeginMessage(EventWriter events)
    {
        events.Event(
            new ItemEvent("response.output_item.added", _next++, new OutputMessage(_delta.ItemId, OutputMessage.InProgress, [])),
            ResponsesJson.Api.ItemEvent, "response.output_item.added"u8);
        events.Event(
            new PartEvent("response.content_part.added", _next++, _delta.ItemId, new OutputText("", [])), ResponsesJson.Api.PartEvent, "response.content_part.added"u8);
    }

    private void Tell(EventWriter events, string name, Response response) =>
        events.Event(new ResponseEvent(name, _next++, response), ResponsesJson.Api.ResponseEvent, Encoding.UTF8.GetBytes(name));
}
