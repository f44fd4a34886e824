using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Api.Health;

/// <param name="Status"><c>ok</c>, <c>degraded</c>, <c>loading</c>, <c>failed</c> or <c>stopping</c>.</param>
internal sealed record ServerHealth(string Status)
{
    /// <summary>Each model by its name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, ModelHealth>? Models { get; init; }

    /// <summary>The program's own health checks, each by its name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, CheckHealth>? Checks { get; init; }
}

/// <param name="Status"><c>ok</c>, <c>idle</c> (loaded by its next request), <c>degraded</c> (it answers, but something is wrong), <c>loading</c> or <c>failed</c>.</param>
internal sealed record ModelHealth(string Status)
{
    /// <summary>Why it has failed or is degraded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}

/// <param name="Status"><c>ok</c>, <c>degraded</c> or <c>failed</c>.</param>
internal sealed record CheckHealth(string Status)
{
    /// <summary>Its description, if it is not healthy.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}

/// <summary>Property names in snake case.</summary>
[JsonSerializable(typeof(ServerHealth))]
internal sealed partial class HealthJson : JsonSerializerContext
{
    public static HealthJson Api { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
