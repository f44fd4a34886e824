namespace Engine.Api.Answers;

/// <summary>How a dialect streams one answer: what it writes for each token, and around them.</summary>
internal interface IEventFormat
{
    /// <summary><c>text/event-stream</c> or <c>application/x-ndjson</c>.</summary>
    string ContentType { get; }

    /// <summary>Bytes that keep a waiting client from giving up and change nothing; empty if the format has no such thing.</summary>
    ReadOnlySpan<byte> KeepAlive { get; }

    /// <summary>Writes whatever opens the answer before its first token; nothing in most formats.</summary>
    void Begin(EventWriter events)
    {
        // Most formats open with the first token.
    }

    /// <summary>Writes the events of a token, if it has any.</summary>
    /// <param name="events">Takes the events.</param>
    /// <param name="answer">Index of its answer in the request, from 0.</param>
    /// <param name="token">The token.</param>
    void Add(EventWriter events, int answer, GeneratedToken token);

    /// <summary>Writes what closes the answer.</summary>
    void End(EventWriter events);

    /// <summary>Writes why the answer ends early; the connection is then aborted, because some clients notice only that.</summary>
    void Fail(EventWriter events, Failure failure);
}
