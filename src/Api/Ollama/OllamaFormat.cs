using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Engine.Api.Answers;
using Engine.Chat.Tools;

namespace Engine.Api.Ollama;

/// <summary>An answer as lines of JSON.</summary>
internal sealed class OllamaFormat<T> : IEventFormat where T : OllamaAnswer
{
    private readonly T _line;
    private readonly JsonTypeInfo<T> _type;
    private readonly OllamaClock _clock;
    private readonly AnswerParts _parts;
    private readonly byte[] _keepAlive;
    private GeneratedToken? _first;

    /// <param name="line">A line without text.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="clock">Measures the request.</param>
    /// <param name="parts">Separates thoughts and tool calls from the text.</param>
    public OllamaFormat(T line, JsonTypeInfo<T> type, OllamaClock clock, AnswerParts parts)
    {
        (_line, _type, _clock, _parts) = (line, type, clock, parts);
        line.CreatedAt = clock.Now;
        _keepAlive = [.. JsonSerializer.SerializeToUtf8Bytes(line, type), (byte)'\n'];
    }

    public string ContentType => EventFormats.JsonLines;

    /// <summary>A line without text: the format has no comments, and clients fail on empty lines.</summary>
    public ReadOnlySpan<byte> KeepAlive => _keepAlive;

    public void Add(EventWriter events, int answer, GeneratedToken token)
    {
        _first ??= token;
        (string? thought, string? text) = (null, null);
        foreach (AnswerPiece piece in _parts.Read(token))
        {
            if (piece.Call is { } call)
            {
                Write(events, text, thought);
                (thought, text) = (null, null);
                _line.SetCalls([OllamaToolCall.Of(call)]);
                Write(events);
            }
            else
            {
                (thought, text) = piece.Kind == AnswerPieceKind.Thought ? (thought + piece.Text, text) : (thought, text + piece.Text);
            }
        }
        Write(events, text, thought);
    }

    public void End(EventWriter events)
    {
        _line.SetText("");
        _clock.End(_line, _first, _parts.Last);
        events.Line(_line, _type);
    }

    public void Fail(EventWriter events, Failure failure) => events.Line(OllamaDialect.Describe(failure), OllamaJson.Api.OllamaError);

    private void Write(EventWriter events, string? text, string? thought)
    {
        if (text is { Length: > 0 } || thought is { Length: > 0 })
        {
            _line.SetText(text ?? "", thought);
            Write(events);
        }
    }

    /// <summary>Writes the line and clears its content.</summary>
    private void Write(EventWriter events)
    {
        _line.CreatedAt = _clock.Now;
        events.Line(_line, _type);
        _line.SetText("");
        _line.SetCalls(null);
    }
}
