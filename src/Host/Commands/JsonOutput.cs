using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Engine.Host.Commands;

/// <summary>The one JSON document of <c>--json</c>.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Document = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // The document goes to a terminal or a program, not into a web page: "é" and "<" need no escaping.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>For what a stopped command still has to print: uses generated code, since reflection would take too long.</summary>
    public static JsonSerializerOptions With(IJsonTypeInfoResolver generated) =>
        new(Document) { TypeInfoResolver = JsonTypeInfoResolver.Combine(generated, Document.TypeInfoResolver) };

    public static void Write<T>(TextWriter output, T document, JsonSerializerOptions? options = null) =>
        output.WriteLine(JsonSerializer.Serialize(document, options ?? Document));
}
