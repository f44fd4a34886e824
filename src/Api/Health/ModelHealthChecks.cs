using Engine.Registry;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Engine.Api.Health;

/// <summary>Adds a health check for each configured model, <c>model:NAME</c>, to the program's own, so that its <c>MapHealthChecks</c> and publishers see them.</summary>
internal sealed class ModelHealthChecks(IModelRegistry models) : IConfigureOptions<HealthCheckServiceOptions>
{
    /// <summary>The tag of checks that must be healthy before requests are routed here.</summary>
    public const string ReadyTag = "ready";

    /// <summary>The tag of models' checks.</summary>
    public const string ModelTag = "model";

    public void Configure(HealthCheckServiceOptions options)
    {
        foreach (string name in models.Names)
        {
            options.Registrations.Add(new HealthCheckRegistration($"model:{name}", new ModelHealthCheck(models, name), failureStatus: null, [ReadyTag, ModelTag]));
        }
    }
}

/// <summary>A model that answers or is idle is healthy; one that answers although something is wrong is degraded.</summary>
internal sealed class ModelHealthCheck(IModelRegistry models, string name) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ModelHealth model = HealthWords.Of(models.StatusOf(name));
        HealthStatus status = model.Status switch
        {
            HealthWords.Ok or HealthWords.Idle => HealthStatus.Healthy,
            HealthWords.Degraded => HealthStatus.Degraded,
            _ => context.Registration.FailureStatus,
        };
        var data = new Dictionary<string, object> { ["model"] = name, ["state"] = model.Status };
        return Task.FromResult(new HealthCheckResult(status, model.Error ?? model.Status, exception: null, data));
    }
}
