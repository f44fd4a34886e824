using System.Text.Json.Serialization;

namespace Engine.Api.OpenAI.Responses;

/// <summary>Something that happened to the whole answer.</summary>
/// <param name="Type">The event's name, such as <c>response.created</c>.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="Response">The answer as it is now.</param>
internal sealed record ResponseEvent(string Type, int SequenceNumber, Response Response);

/// <summary>Something that happened to a message.</summary>
/// <param name="Type">The event's name.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="Item">The message as it is now.</param>
internal sealed record ItemEvent(string Type, int SequenceNumber, OutputMessage Item)
{
    /// <summary>Always 0.</summary>
    public int OutputIndex { get; }
}

/// <summary>Something that happened to a part of a message.</summary>
/// <param name="Type">The event's name.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="ItemId">The message's.</param>
/// <param name="Part">The part as it is now.</param>
internal sealed record PartEvent(string Type, int SequenceNumber, string ItemId, OutputText Part)
{
    /// <summary>Always 0.</summary>
    public int OutputIndex { get; }

    /// <summary>Always 0.</summary>
    public int ContentIndex { get; }
}

/// <summary>What the text goes on with. One object serves all events of a stream: its parts change.</summary>
internal sealed class TextDeltaEvent
{
    public const string Name = "response.output_text.delta";

    /// <summary>The event's name.</summary>
    public string Type { get; } = Name;

    /// <summary>Its place among the events of the stream, from 0.</summary>
    public int SequenceNumber { get; set; }

    /// <summary>The message's.</summary>
    public required string ItemId { get; init; }

    /// <summary>Always 0.</summary>
    public int OutputIndex { get; }

    /// <summary>Always 0.</summary>
    public int ContentIndex { get; }

    /// <summary>The text.</summary>
    public string Delta { get; set; } = "";

    /// <summary>One for each token that the text is of, where they were asked for.</summary>
    public IReadOnlyList<TokenLogprob> Logprobs { get; set; } = [];
}

/// <summary>The text is complete.</summary>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="ItemId">The message's.</param>
/// <param name="Text">All of it.</param>
/// <param name="Logprobs">One for each token, where they were asked for.</param>
internal sealed record TextDoneEvent(int SequenceNumber, string ItemId, string Text, IReadOnlyList<TokenLogprob> Logprobs)
{
    public const string Name = "response.output_text.done";

    /// <summary>The event's name.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = Name;

    /// <summary>Always 0.</summary>
    public int OutputIndex { get; }

    /// <summary>Always 0.</summary>
    public int ContentIndex { get; }
}

/// <summary>Why there is no more to come: in the form that OpenAI documents, and within <c>error</c>, where clients look for it in every stream.</summary>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="Code">A word for programs.</param>
/// <param name="Message">A sentence for the user.</param>
/// <param name="Param">The field it is about.</param>
/// <param name="Error">The same.</param>
internal sealed record ErrorEvent(int SequenceNumber, string? Code, string Message, string? Param, ErrorDetails Error)
{
    public const string Name = "error";

    /// <summary>The event's name.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = Name;
}
