using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Api.Requests;

/// <summary>How requests and answers are written in JSON.</summary>
internal static class ApiJson
{
    /// <summary>Property names in snake case. Quotes and letters of all scripts are not escaped: the responses are JSON, not
    /// part of a web page. Each serializer context needs options of its own.</summary>
    public static JsonSerializerOptions Options() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowDuplicateProperties = false,
    };
}
