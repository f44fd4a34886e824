namespace Engine.Api.Requests;

/// <summary>The JSON schema of a type that is read by a converter of its own.</summary>
/// <param name="json">The schema.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class JsonSchemaTextAttribute(string json) : Attribute
{
    public string Json { get; } = json;
}
