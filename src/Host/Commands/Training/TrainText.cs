using System.Globalization;

namespace Engine.Host.Commands.Training;

/// <summary>What <c>train</c> prints for people, in 80 columns.</summary>
internal static class TrainText
{
    public static string Describe(TrainReport run)
    {
        List<string> lines =
        [
            run.Output,
            Fact("Objective", run.Objective + (run.Labels.Count > 0 ? $", {run.Labels.Count} classes" : "")),
            .. run.Adapter is null ? [] : (string[])[Fact("Adapter", Format($"{run.Adapter}, {run.Parameters:N0} parameters"))],
            Fact("Data", Format($"{Count(run.Examples, "example")} of up to {Count(run.Context, "token")}{Kept(run)}")),
            Fact("Steps", Format($"{run.Step:N0} of {run.Steps:N0}, {run.Tokens:N0} tokens in {TimeSpan.FromSeconds(Math.Round(run.Seconds)):g}, {run.TokensPerSecond:N0} tokens/s")),
        ];
        if (run.Log.Count > 0)
        {
            lines.Add(Fact("Loss", Format($"{run.Log[0].Loss:F4} before the first step, {run.Loss:F4} before the last")));
        }
        if (run.ValidationLoss is double loss)
        {
            lines.Add(Fact("Validation", Format($"{loss:F4}, lowest {run.Validations.Min(one => one.Loss):F4}")));
        }
        if (run.Shortened > 0)
        {
            lines.Add(Fact("Shortened", Format($"{Count(run.Shortened, "example")} longer than the context lost the end")));
        }
        return string.Concat(lines.Select(line => line + "\n"));
    }

    private static string Kept(TrainReport run) =>
        run.ValidationExamples > 0 ? string.Create(CultureInfo.InvariantCulture, $", {run.ValidationExamples:N0} kept for validation") : "";

    private static string Count(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number:N0} {what}{(number == 1 ? "" : "s")}");

    private static string Format(FormattableString text) => FormattableString.Invariant(text);

    private static string Fact(string title, string text) => $"  {title,-10} {text}";
}
