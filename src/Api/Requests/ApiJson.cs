using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Api.Requests;

/// <summary>How requests and answers are written in JSON.</summary>
internal static class ApiJson
{
    /// <summary>The names are the snake case of the properties'. Quotes and letters of all scripts stay readable: the answers are JSON and no
    /// part of a web page. For one serializer context, which keeps them.</summary>
    public static JsonSerializerOptions Options() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowDuplicateProperties = false,
    };
}
