using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Engine.Api.Answers;
using Engine.Chat;

namespace Engine.Api.Ollama;

/// <summary>An answer in lines of JSON.</summary>
internal sealed class OllamaFormat<T> : IEventFormat where T : OllamaAnswer
{
    private readonly T _line;
    private readonly JsonTypeInfo<T> _type;
    private readonly OllamaClock _clock;
    private readonly ReasoningReader? _reader;
    private readonly byte[] _keepAlive;
    private GeneratedToken? _first;
    private GeneratedToken? _last;

    /// <param name="line">A line without text.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="clock">Measures the request.</param>
    /// <param name="reader">Tells thoughts from the answer; null where there are none.</param>
    public OllamaFormat(T line, JsonTypeInfo<T> type, OllamaClock clock, ReasoningReader? reader)
    {
        (_line, _type, _clock, _reader) = (line, type, clock, reader);
        line.CreatedAt = clock.Now;
        _keepAlive = [.. JsonSerializer.SerializeToUtf8Bytes(line, type), (byte)'\n'];
    }

    public string ContentType => EventFormats.JsonLines;

    /// <summary>A line without text: the format has no comments, and clients fail at empty lines.</summary>
    public ReadOnlySpan<byte> KeepAlive => _keepAlive;

    public void Add(EventWriter events, int answer, GeneratedToken token)
    {
        _first ??= token;
        _last = token;
        (string? thought, string? text) = _reader?.Read(token.Text, isLast: token.FinishReason is not null) ?? (null, token.Text);
        if (thought is { Length: > 0 } || text is { Length: > 0 })
        {
            _line.CreatedAt = _clock.Now;
            _line.SetText(text ?? "", thought);
            events.Line(_line, _type);
        }
    }

    public void End(EventWriter events)
    {
        _line.SetText("");
        _clock.End(_line, _first, _last);
        events.Line(_line, _type);
    }

    public void Fail(EventWriter events, Failure failure) => events.Line(OllamaDialect.Describe(failure), OllamaJson.Api.OllamaError);
}
