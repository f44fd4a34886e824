namespace Engine.Api.Requests;

/// <summary>The JSON schema of a type with its own converter.</summary>
/// <param name="json">The schema.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class JsonSchemaTextAttribute(string json) : Attribute
{
    public string Json { get; } = json;
}
