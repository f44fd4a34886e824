using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Answers;
using Engine.Api.Service;
using Engine.Registry;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Endpoints;

/// <summary><c>GET /health</c>: 200 while every model takes requests, else 503; in both cases with the state of each.</summary>
internal sealed class HealthEndpoint(IModelRegistry models, RunningRequests requests)
{
    private const string Ok = "ok";
    private const string Loading = "loading";
    private const string Failed = "failed";

    public Task CheckAsync(HttpContext context)
    {
        Dictionary<string, ModelHealth> each = models.Names.ToDictionary(name => name, name => Describe(models.StatusOf(name)));
        string status = requests.IsStopping ? "stopping"
            : new[] { Failed, Loading }.FirstOrDefault(word => each.Values.Any(model => model.Status == word)) ?? Ok;
        if (status != Ok)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
        }
        return Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(new Health(status, each), HealthJson.Api.Health));
    }

    private static ModelHealth Describe(ModelStatus model) => model.State switch
    {
        ModelState.Ready => new(Ok),
        ModelState.Failed => new(Failed) { Error = model.Failure is { } failure ? Failure.Sentence(failure) : null },
        _ => new(Loading),
    };
}

/// <param name="Status"><c>ok</c>, <c>loading</c>, <c>failed</c> or <c>stopping</c>.</param>
/// <param name="Models">Each by its name.</param>
internal sealed record Health(string Status, IReadOnlyDictionary<string, ModelHealth> Models);

/// <param name="Status"><c>ok</c>, <c>loading</c> or <c>failed</c>.</param>
internal sealed record ModelHealth(string Status)
{
    /// <summary>Why it has failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}

/// <summary>The names are the snake case of the properties'.</summary>
[JsonSerializable(typeof(Health))]
internal sealed partial class HealthJson : JsonSerializerContext
{
    public static HealthJson Api { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
