using System.Text.Json.Serialization;

namespace Engine.Api.OpenAI.Responses;

/// <summary>Something that happened to the whole answer.</summary>
/// <param name="Type">The event's name, such as <c>response.created</c>.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="Response">The answer as it is now.</param>
internal sealed record ResponseEvent(string Type, int SequenceNumber, Response Response);

/// <summary>Something that happened to an item.</summary>
/// <param name="Type">The event's name.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="OutputIndex">Which item of the answer it is, from 0.</param>
/// <param name="Item">The item as it is now.</param>
internal sealed record ItemEvent(string Type, int SequenceNumber, int OutputIndex, OutputItem Item);

/// <summary>The arguments of a call, or the next piece of them.</summary>
/// <param name="Type">The event's name.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="ItemId">The item's.</param>
/// <param name="OutputIndex">Which item of the answer it is, from 0.</param>
internal sealed record ArgumentsEvent(string Type, int SequenceNumber, string ItemId, int OutputIndex)
{
    public const string Next = "response.function_call_arguments.delta";
    public const string Done = "response.function_call_arguments.done";

    /// <summary>The next piece.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Delta { get; init; }

    /// <summary>At the end: the function.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>At the end: all of them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Arguments { get; init; }
}

/// <summary>Something that happened to a part of a message.</summary>
/// <param name="Type">The event's name.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="ItemId">The message's.</param>
/// <param name="OutputIndex">Which item of the answer that is, from 0.</param>
/// <param name="Part">The part as it is now.</param>
internal sealed record PartEvent(string Type, int SequenceNumber, string ItemId, int OutputIndex, OutputText Part)
{
    /// <summary>Always 0.</summary>
    public int ContentIndex { get; }
}

/// <summary>The next part of the text. One object serves all events of a stream: its parts change.</summary>
internal sealed class TextDeltaEvent
{
    public const string Name = "response.output_text.delta";

    /// <summary>The event's name.</summary>
    public string Type { get; } = Name;

    /// <summary>Its place among the events of the stream, from 0.</summary>
    public int SequenceNumber { get; set; }

    /// <summary>The message's.</summary>
    public string ItemId { get; set; } = "";

    /// <summary>Which item of the answer that is, from 0.</summary>
    public int OutputIndex { get; set; }

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
/// <param name="OutputIndex">Which item of the answer that is, from 0.</param>
/// <param name="Text">All of it.</param>
/// <param name="Logprobs">One for each token, where they were asked for.</param>
internal sealed record TextDoneEvent(int SequenceNumber, string ItemId, int OutputIndex, string Text, IReadOnlyList<TokenLogprob> Logprobs)
{
    public const string Name = "response.output_text.done";

    /// <summary>The event's name.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = Name;

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
