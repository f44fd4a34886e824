using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Engine.Api.OpenAI;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/NAME</c>: the configured models, loaded or not. Anthropic's clients use the same path: the
/// answer has the fields of both.</summary>
internal sealed class ModelsEndpoint(ModelAccess models)
{
    public Task ListAsync(HttpContext context) => Errors.WriteJsonAsync(
        context, JsonSerializer.SerializeToUtf8Bytes(new ModelList("list", [.. models.Names.Select(Describe)], models.Names[0], models.Names[^1]), OpenAIJson.Api.ModelList));

    public Task FindAsync(HttpContext context) => Errors.WriteJsonAsync(
        context, JsonSerializer.SerializeToUtf8Bytes(Describe(models.NameOf((string?)context.GetRouteValue("name"))), OpenAIJson.Api.ListedModel));

    private ListedModel Describe(string name)
    {
        var written = new DateTimeOffset(File.GetLastWriteTimeUtc(models.OptionsOf(name).Path));
        return new ListedModel(name, "model", written.ToUnixTimeSeconds(), models.BackendOf(name), "model", name, written.UtcDateTime);
    }
}

/// <param name="Object">Always <c>list</c>.</param>
/// <param name="Data">The models, the default one first.</param>
/// <param name="FirstId">The first model's name; for Anthropic's clients, like the two below.</param>
/// <param name="LastId">The last one's name.</param>
/// <param name="HasMore">Always false: the list is complete.</param>
internal sealed record ModelList(string Object, IReadOnlyList<ListedModel> Data, string FirstId, string LastId, bool HasMore = false);

/// <param name="Id">Its name in the configuration.</param>
/// <param name="Object">Always <c>model</c>.</param>
/// <param name="Created">Unix seconds at which its file was written.</param>
/// <param name="OwnedBy">The backend that runs it.</param>
/// <param name="Type">Always <c>model</c>; for Anthropic's clients, like the two below.</param>
/// <param name="DisplayName">Its name.</param>
/// <param name="CreatedAt">When its file was written.</param>
internal sealed record ListedModel(string Id, string Object, long Created, string OwnedBy, string Type, string DisplayName, DateTime CreatedAt);
