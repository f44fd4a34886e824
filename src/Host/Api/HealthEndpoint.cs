using Engine.Host.Workers;
using Engine.Registry;

namespace Engine.Host.Api;

/// <summary><c>GET /health</c>: 200 while requests are taken, 503 before and after.</summary>
internal sealed class HealthEndpoint(IModelRegistry models, GenerationQueue queue)
{
    public IResult Check()
    {
        string status = queue.IsClosed ? "stopping" : models.IsReady ? "ok" : "loading";
        int code = status == "ok" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return Results.Json(new Health(status), ApiJson.Api.Health, statusCode: code);
    }
}
