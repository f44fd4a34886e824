using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Api.Requests;

/// <summary>A tool call of an earlier turn as chat templates expect it: in the form of OpenAI's API, with the arguments as an object.</summary>
/// <param name="Id">The call's; null where the dialect gives none.</param>
/// <param name="Type">Always <c>function</c>.</param>
/// <param name="Function">What was called.</param>
internal sealed record EarlierCall(string? Id, string Type, EarlierFunction Function)
{
    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");

    /// <summary>A call with its arguments, an object; null for none.</summary>
    public static EarlierCall Of(string? id, string name, JsonElement? arguments) => new(id, "function", new EarlierFunction(name, arguments ?? NoArguments));

    /// <summary>A field <c>tool_calls</c> of a message.</summary>
    public static JsonElement ToField(IReadOnlyList<EarlierCall> calls) => JsonSerializer.SerializeToElement(calls, TurnJson.Api.IReadOnlyListEarlierCall);

    /// <summary>A field of a message that holds a text.</summary>
    public static JsonElement ToField(string text) => JsonSerializer.SerializeToElement(text, TurnJson.Api.String);
}

/// <param name="Name">Its name.</param>
/// <param name="Arguments">An object.</param>
internal sealed record EarlierFunction(string Name, JsonElement Arguments);

/// <summary>Parts of earlier turns.</summary>
[JsonSerializable(typeof(IReadOnlyList<EarlierCall>))]
[JsonSerializable(typeof(string))]
internal sealed partial class TurnJson : JsonSerializerContext
{
    public static TurnJson Api { get; } = new(new JsonSerializerOptions(ApiJson.Options()) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });
}
