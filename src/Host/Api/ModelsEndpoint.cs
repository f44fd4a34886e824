using Engine.Registry;
using Microsoft.Extensions.Options;

namespace Engine.Host.Api;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/NAME</c>: the configured models, loaded or not.</summary>
internal sealed class ModelsEndpoint(IModelRegistry models, IOptions<EngineOptions> options)
{
    public IResult List() => Results.Json(new ModelList("list", [.. models.Names.Select(Describe)]), ApiJson.Api.ModelList);

    public IResult Find(string name) => models.Names.FirstOrDefault(known => StrictSection.Same(known, name)) is { } known
        ? Results.Json(Describe(known), ApiJson.Api.ListedModel)
        : throw new ApiException(StatusCodes.Status404NotFound,
            $"There is no model '{name}'. There are {string.Join(", ", models.Names)}.", "model", "model_not_found");

    private ListedModel Describe(string name)
    {
        ModelOptions model = options.Value.Models[name];
        var written = new DateTimeOffset(File.GetLastWriteTimeUtc(model.Path));
        return new ListedModel(name, "model", written.ToUnixTimeSeconds(), model.Backend);
    }
}
