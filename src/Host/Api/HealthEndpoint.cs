using Engine.Registry;

namespace Engine.Host.Api;

/// <summary><c>GET /health</c>: 200 while every model takes requests, else 503; in both cases with the state of each.</summary>
internal sealed class HealthEndpoint(IModelRegistry models, RunningRequests requests)
{
    private const string Ok = "ok";
    private const string Loading = "loading";
    private const string Failed = "failed";

    public IResult Check()
    {
        Dictionary<string, ModelHealth> each = models.Names.ToDictionary(name => name, name => Describe(models.StatusOf(name)));
        string status = requests.IsStopping ? "stopping"
            : new[] { Failed, Loading }.FirstOrDefault(word => each.Values.Any(model => model.Status == word)) ?? Ok;
        int code = status == Ok ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return Results.Json(new Health(status, each), ApiJson.Api.Health, statusCode: code);
    }

    private static ModelHealth Describe(ModelStatus model) => model.State switch
    {
        ModelState.Ready => new(Ok),
        ModelState.Failed => new(Failed) { Error = model.Failure is { } failure ? ApiErrors.Sentence(failure) : null },
        _ => new(Loading),
    };
}
