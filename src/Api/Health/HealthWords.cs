using Engine.Api.Answers;
using Engine.Registry;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Engine.Api.Health;

/// <summary>The status of models and checks in the endpoints' words.</summary>
internal static class HealthWords
{
    public const string Ok = "ok";
    public const string Idle = "idle";
    public const string Degraded = "degraded";
    public const string Loading = "loading";
    public const string Failed = "failed";
    public const string Stopping = "stopping";

    private static readonly string[] WorstFirst = [Failed, Loading, Degraded];

    /// <summary>Whether requests are answered. An idle model is loaded by its next request.</summary>
    public static bool Serves(string status) => status is Ok or Idle or Degraded;

    public static string Worst(IReadOnlyCollection<string> words) => WorstFirst.FirstOrDefault(words.Contains) ?? Ok;

    public static ModelHealth Of(ModelStatus model)
    {
        string status = model.State switch
        {
            ModelState.Ready => Ok,
            ModelState.Degraded => Degraded,
            ModelState.Failed => Failed,
            ModelState.Waiting when !model.IsStarting => Idle,
            _ => Loading,
        };
        return new ModelHealth(status) { Error = status is Degraded or Failed && model.Failure is { } failure ? Failure.Sentence(failure) : null };
    }

    /// <summary>A check of the program's own. Its description is public; its exception is not.</summary>
    public static CheckHealth Of(HealthReportEntry check)
    {
        string status = check.Status switch { HealthStatus.Healthy => Ok, HealthStatus.Degraded => Degraded, _ => Failed };
        return new CheckHealth(status) { Error = status == Ok || check.Exception is not null ? null : check.Description };
    }
}
