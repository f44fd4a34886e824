using System.Text.Json.Serialization.Metadata;

namespace Engine.Api.Documents;

/// <summary>What the OpenAPI document says of an endpoint.</summary>
/// <param name="Id">Its name in clients that are generated from the document.</param>
/// <param name="Tag">The group it stands in.</param>
/// <param name="Summary">What it does, in a sentence.</param>
/// <param name="Answer">How its answer is written.</param>
/// <param name="Request">How its request is written; null for none.</param>
/// <param name="Example">A request that works, in JSON; null for none.</param>
internal sealed record Operation(string Id, string Tag, string Summary, JsonTypeInfo Answer, JsonTypeInfo? Request = null, string? Example = null)
{
    /// <summary>Further requests that work, in JSON, by what they show.</summary>
    public IReadOnlyDictionary<string, string> Examples { get; init; } = new Dictionary<string, string>();

    /// <summary>The type of the body of a streamed answer; null where it is never streamed.</summary>
    public string? Stream { get; init; }
}
