namespace Engine.Api.Answers;

/// <summary>How a dialect streams one answer: what it writes for each token, and around them.</summary>
internal interface IEventFormat
{
    /// <summary><c>text/event-stream</c> or <c>application/x-ndjson</c>.</summary>
    string ContentType { get; }

    /// <summary>What keeps a waiting client from giving up and changes nothing; empty where the format has no such thing.</summary>
    ReadOnlySpan<byte> KeepAlive { get; }

    /// <summary>Writes what opens the answer, before its first token; for most formats nothing.</summary>
    void Begin(EventWriter events)
    {
        // Most open with their first token.
    }

    /// <summary>Writes what a token brings; nothing where it brings none.</summary>
    /// <param name="events">Takes the events.</param>
    /// <param name="answer">Which of the request's answers it is of, from 0.</param>
    /// <param name="token">The token.</param>
    void Add(EventWriter events, int answer, GeneratedToken token);

    /// <summary>Writes what closes the answer.</summary>
    void End(EventWriter events);

    /// <summary>Writes why there is no more to come; the connection is then broken off, because some clients notice only that.</summary>
    void Fail(EventWriter events, Failure failure);
}
