using System.Text.Json.Serialization.Metadata;

namespace Engine.Api.Documents;

/// <summary>What the OpenAPI document says of an endpoint.</summary>
/// <param name="Id">Its name in generated clients.</param>
/// <param name="Tag">The group that it is listed in.</param>
/// <param name="Summary">What it does, in a sentence.</param>
/// <param name="Answer">How its answer is written.</param>
/// <param name="Request">How its request is written; null for none.</param>
/// <param name="Example">A working request in JSON; null for none.</param>
internal sealed record Operation(string Id, string Tag, string Summary, JsonTypeInfo Answer, JsonTypeInfo? Request = null, string? Example = null)
{
    /// <summary>More working requests in JSON, by what they demonstrate.</summary>
    public IReadOnlyDictionary<string, string> Examples { get; init; } = new Dictionary<string, string>();

    /// <summary>The type of the body of a streamed answer; null if it is never streamed.</summary>
    public string? Stream { get; init; }
}
