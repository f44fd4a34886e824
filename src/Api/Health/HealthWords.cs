using Engine.Api.Answers;
using Engine.Registry;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Engine.Api.Health;

/// <summary>What models and checks do, in the words of the endpoints.</summary>
internal static class HealthWords
{
    public const string Ok = "ok";
    public const string Idle = "idle";
    public const string Degraded = "degraded";
    public const string Loading = "loading";
    public const string Failed = "failed";
    public const string Stopping = "stopping";

    private static readonly string[] WorstFirst = [Failed, Loading, Degraded];

    /// <summary>Whether requests are answered. A model that is idle is loaded by its next one.</summary>
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

    /// <summary>Of a check of the program's own, whose description may be read by whoever asks; its exception may not.</summary>
    public static CheckHealth Of(HealthReportEntry check)
    {
        string status = check.Status switch { HealthStatus.Healthy => Ok, HealthStatus.Degraded => Degraded, _ => Failed };
        return new CheckHealth(status) { Error = status == Ok || check.Exception is not null ? null : check.Description };
    }
}
