using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Engine.Api.OpenAI;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/NAME</c>: the configured models, loaded or not.</summary>
internal sealed class ModelsEndpoint(ModelAccess models)
{
    public Task ListAsync(HttpContext context) => Errors.WriteJsonAsync(
        context, JsonSerializer.SerializeToUtf8Bytes(new ModelList("list", [.. models.Names.Select(Describe)]), OpenAIJson.Api.ModelList));

    public Task FindAsync(HttpContext context) => Errors.WriteJsonAsync(
        context, JsonSerializer.SerializeToUtf8Bytes(Describe(models.NameOf((string?)context.GetRouteValue("name"))), OpenAIJson.Api.ListedModel));

    private ListedModel Describe(string name)
    {
        ModelOptions model = models.OptionsOf(name);
        var written = new DateTimeOffset(File.GetLastWriteTimeUtc(model.Path));
        return new ListedModel(name, "model", written.ToUnixTimeSeconds(), model.Backend);
    }
}

internal sealed record ModelList(string Object, IReadOnlyList<ListedModel> Data);

/// <param name="Id">Its name in the configuration.</param>
/// <param name="Object">Always <c>model</c>.</param>
/// <param name="Created">Unix seconds at which its file was written.</param>
/// <param name="OwnedBy">The backend.</param>
internal sealed record ListedModel(string Id, string Object, long Created, string OwnedBy);
