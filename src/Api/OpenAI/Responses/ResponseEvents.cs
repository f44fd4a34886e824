using System.Text.Json.Serialization;

namespace Engine.Api.OpenAI.Responses;

/// <summary>An event about the whole answer.</summary>
/// <param name="Type">The event's name, such as <c>response.created</c>.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="Response">The answer as it is now.</param>
internal sealed record ResponseEvent(string Type, int SequenceNumber, Response Response);

/// <summary>An event about an item.</summary>
/// <param name="Type">The event's name.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="OutputIndex">Index of the item in the answer, from 0.</param>
/// <param name="Item">The item as it is now.</param>
internal sealed record ItemEvent(string Type, int SequenceNumber, int OutputIndex, OutputItem Item);

/// <summary>An event about the arguments of a call: the next piece of them, or all.</summary>
/// <param name="Type">The event's name.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="ItemId">The item's.</param>
/// <param name="OutputIndex">Index of the item in the answer, from 0.</param>
internal sealed record ArgumentsEvent(string Type, int SequenceNumber, string ItemId, int OutputIndex)
{
    public const string Next = "response.function_call_arguments.delta";
    public const string Done = "response.function_call_arguments.done";

    /// <summary>The next piece of the arguments, while they are streamed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Delta { get; init; }

    /// <summary>At the end: the name of the function.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>At the end: the complete arguments.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Arguments { get; init; }
}

/// <summary>An event about a part of a message.</summary>
/// <param name="Type">The event's name.</param>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="ItemId">The message's.</param>
/// <param name="OutputIndex">Index of the item in the answer, from 0.</param>
/// <param name="Part">The part as it is now.</param>
internal sealed record PartEvent(string Type, int SequenceNumber, string ItemId, int OutputIndex, OutputText Part)
{
    /// <summary>Always 0.</summary>
    public int ContentIndex { get; }
}

/// <summary>The next piece of the text. One object is reused for all events of a stream.</summary>
internal sealed class TextDeltaEvent
{
    public const string Name = "response.output_text.delta";

    /// <summary>The event's name.</summary>
    public string Type { get; } = Name;

    /// <summary>Its place among the events of the stream, from 0.</summary>
    public int SequenceNumber { get; set; }

    /// <summary>The message's.</summary>
    public string ItemId { get; set; } = "";

    /// <summary>Index of the item in the answer, from 0.</summary>
    public int OutputIndex { get; set; }

    /// <summary>Always 0.</summary>
    public int ContentIndex { get; }

    /// <summary>The text.</summary>
    public string Delta { get; set; } = "";

    /// <summary>One for each token of the text, if requested.</summary>
    public IReadOnlyList<TokenLogprob> Logprobs { get; set; } = [];
}

/// <summary>The text is complete.</summary>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="ItemId">The message's.</param>
/// <param name="OutputIndex">Index of the item in the answer, from 0.</param>
/// <param name="Text">The whole text.</param>
/// <param name="Logprobs">One for each token, if requested.</param>
internal sealed record TextDoneEvent(int SequenceNumber, string ItemId, int OutputIndex, string Text, IReadOnlyList<TokenLogprob> Logprobs)
{
    public const string Name = "response.output_text.done";

    /// <summary>The event's name.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = Name;

    /// <summary>Always 0.</summary>
    public int ContentIndex { get; }
}

/// <summary>Why the stream ends early: in the form that OpenAI documents, and again within <c>error</c>, where clients look for it in every stream.</summary>
/// <param name="SequenceNumber">Its place among the events of the stream, from 0.</param>
/// <param name="Code">An error code.</param>
/// <param name="Message">A message for the user.</param>
/// <param name="Param">The field that is to blame.</param>
/// <param name="Error">The same as an error object.</param>
internal sealed record ErrorEvent(int SequenceNumber, string? Code, string Message, string? Param, ErrorDetails Error)
{
    public const string Name = "error";

    /// <summary>The event's name.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = Name;
}
