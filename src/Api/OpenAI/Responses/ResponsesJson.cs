using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI.Responses;

/// <summary>Requests, answers and events of <c>/v1/responses</c>.</summary>
[JsonSerializable(typeof(ResponseRequest))]
[JsonSerializable(typeof(List<ResponseItem>))]
[JsonSerializable(typeof(Response))]
[JsonSerializable(typeof(ResponseEvent))]
[JsonSerializable(typeof(ItemEvent))]
[JsonSerializable(typeof(PartEvent))]
[JsonSerializable(typeof(ArgumentsEvent))]
[JsonSerializable(typeof(TextDeltaEvent))]
[JsonSerializable(typeof(TextDoneEvent))]
[JsonSerializable(typeof(ErrorEvent))]
internal sealed partial class ResponsesJson : JsonSerializerContext
{
    public static ResponsesJson Api { get; } = new(ApiJson.Options());
}
