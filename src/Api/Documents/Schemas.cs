using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Engine.Api.Requests;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Engine.Api.Documents;

/// <summary>JSON schemas of the requests and responses, from the same serializers that read and write them, with their documentation comments as descriptions.</summary>
internal static class Schemas
{
    private static readonly JsonSchemaExporterOptions Exporter = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = static (context, schema) => Describe(context, schema) };

    public static OpenApiSchema Of(JsonTypeInfo type, OpenApiDocument document) =>
        OpenApiModelFactory.Parse<OpenApiSchema>(type.GetJsonSchemaAsNode(Exporter).ToJsonString(), OpenApiSpecVersion.OpenApi3_1, document, out _, "json")
        ?? throw new InvalidOperationException($"The schema of {type.Type.Name} is not one that OpenAPI can read.");

    private static JsonObject Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        if (context.TypeInfo.Type.GetCustomAttribute<JsonSchemaTextAttribute>() is { } own)
        {
            schema = JsonNode.Parse(own.Json)!;
        }
        if (schema is not JsonObject described)
        {
            // The exporter writes `true` for any value, but a description needs an object.
            described = [];
        }
        if (context.PropertyInfo is { } property && Comments.Of(property) is { } sentence)
        {
            described["description"] = sentence;
        }
        return described;
    }
}
