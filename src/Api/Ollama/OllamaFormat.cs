using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Engine.Api.Answers;

namespace Engine.Api.Ollama;

/// <summary>An answer in lines of JSON.</summary>
internal sealed class OllamaFormat<T> : IEventFormat where T : OllamaAnswer
{
    private readonly T _line;
    private readonly JsonTypeInfo<T> _type;
    private readonly OllamaClock _clock;
    private readonly byte[] _keepAlive;
    private GeneratedToken? _first;
    private GeneratedToken? _last;

    /// <param name="line">A line without text.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="clock">Measures the request.</param>
    public OllamaFormat(T line, JsonTypeInfo<T> type, OllamaClock clock)
    {
        (_line, _type, _clock) = (line, type, clock);
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
        if (token.Text.Length > 0)
        {
            _line.CreatedAt = _clock.Now;
            _line.SetText(token.Text);
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
