using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Service;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Engine.Api.Health;

/// <summary>Health probes: whether every model answers, whether this server should get traffic, whether the process is alive.</summary>
/// <remarks>A program's own health checks count if they have the tag <c>ready</c> or <c>live</c>.</remarks>
internal sealed class HealthEndpoint(ModelAccess models, RunningRequests requests, HealthCheckService checks)
{
    private const string Live = "live";

    /// <summary><c>GET /health</c>: 200 while every model takes requests, otherwise 503; either way with the state of each.</summary>
    public Task CheckAsync(HttpContext context)
    {
        Dictionary<string, ModelHealth> each = Models();
        string status = requests.IsStopping ? HealthWords.Stopping : HealthWords.Worst([.. each.Values.Select(model => model.Status)]);
        return AnswerAsync(context, new ServerHealth(status) { Models = each }, HealthWords.Serves(status));
    }

    /// <summary><c>GET /health/ready</c>: 200 while any model takes requests, so that one that is loading or has failed does not take the others down.</summary>
    public async Task CheckReadyAsync(HttpContext context)
    {
        Dictionary<string, ModelHealth> each = Models();
        Dictionary<string, CheckHealth> others = await RunAsync(check => check.Tags.Contains(ModelHealthChecks.ReadyTag) && !check.Tags.Contains(ModelHealthChecks.ModelTag), context).ConfigureAwait(false);
        bool ready = !requests.IsStopping && each.Values.Any(model => HealthWords.Serves(model.Status)) && others.Values.All(check => HealthWords.Serves(check.Status));
        string worst = HealthWords.Worst([.. each.Values.Select(model => model.Status), .. others.Values.Select(check => check.Status)]);
        string status = requests.IsStopping ? HealthWords.Stopping : ready && !HealthWords.Serves(worst) ? HealthWords.Degraded : worst;
        await AnswerAsync(context, new ServerHealth(status) { Models = each, Checks = others.Count == 0 ? null : others }, ready).ConfigureAwait(false);
    }

    /// <summary><c>GET /health/ready/NAME</c>: 200 while that model takes requests.</summary>
    /// <exception cref="Requests.ApiException">There is no such model.</exception>
    public Task CheckModelAsync(HttpContext context)
    {
        string name = models.NameOf((string?)context.GetRouteValue("name"));
        ModelHealth model = HealthWords.Of(models.StatusOf(name));
        string status = requests.IsStopping ? HealthWords.Stopping : model.Status;
        return AnswerAsync(context, new ServerHealth(status) { Models = new Dictionary<string, ModelHealth> { [name] = model } }, HealthWords.Serves(status));
    }

    /// <summary><c>GET /health/live</c>: 200 while the process answers at all, even while it is stopping: it must not be killed while draining.</summary>
    public async Task CheckLiveAsync(HttpContext context)
    {
        Dictionary<string, CheckHealth> own = await RunAsync(check => check.Tags.Contains(Live), context).ConfigureAwait(false);
        string status = HealthWords.Worst([.. own.Values.Select(check => check.Status)]);
        await AnswerAsync(context, new ServerHealth(status) { Checks = own.Count == 0 ? null : own }, HealthWords.Serves(status)).ConfigureAwait(false);
    }

    private Dictionary<string, ModelHealth> Models() => models.Names.ToDictionary(name => name, name => HealthWords.Of(models.StatusOf(name)));

    private async Task<Dictionary<string, CheckHealth>> RunAsync(Func<HealthCheckRegistration, bool> which, HttpContext context)
    {
        HealthReport report = await checks.CheckHealthAsync(which, context.RequestAborted).ConfigureAwait(false);
        return report.Entries.ToDictionary(check => check.Key, check => HealthWords.Of(check.Value));
    }

    private static Task AnswerAsync(HttpContext context, ServerHealth health, bool passes)
    {
        if (!passes)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
        }
        context.Response.Headers.CacheControl = "no-store";
        return Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(health, HealthJson.Api.ServerHealth));
    }
}
