using System.Globalization;
using ReferenceModels.Training.Data;

namespace Engine.Host.Commands.Training;

/// <summary>The warning about examples that do not fit the context.</summary>
internal static class ShortenedWarning
{
    private const int Shown = 5;

    /// <summary>One line for each data file that has such examples.</summary>
    public static IEnumerable<string> Describe(IReadOnlyList<ShortenedExample> shortened, int context) =>
        shortened.GroupBy(example => example.Path, example => example.Line).Select(file => string.Create(CultureInfo.InvariantCulture,
            $"Warning: '{file.Key}' has {Examples(file.Count())} longer than the context of {context:N0} tokens, which lost the end: {Lines([.. file])}. Give a larger --context, or shorten them."));

    private static string Examples(int count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} example{(count == 1 ? "" : "s")}");

    private static string Lines(int[] lines)
    {
        string shown = string.Join(", ", lines.Take(Shown).Select(line => line.ToString(CultureInfo.InvariantCulture)));
        string more = lines.Length > Shown ? string.Create(CultureInfo.InvariantCulture, $" and {lines.Length - Shown:N0} more") : "";
        return $"line{(lines.Length == 1 ? "" : "s")} {shown}{more}";
    }
}
