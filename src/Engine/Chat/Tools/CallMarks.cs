using System.Text;
using System.Text.RegularExpressions;

namespace Engine.Chat.Tools;

/// <summary>Finds the marks that a template writes around calls: <c>&lt;tool&gt;</c>, <c>&lt;|tool|&gt;</c>, <c>[TOOL]</c>, <c>```json</c>.</summary>
internal static partial class CallMarks
{
    /// <summary>The marks of a text, each once.</summary>
    public static IReadOnlyList<string> In(string text) => [.. Marks().Matches(text).Select(mark => mark.Value).Distinct()];

    /// <summary>The mark that a text begins with, up to its end, a blank, or JSON. Empty if the text begins with JSON.</summary>
    public static string Trigger(string text)
    {
        text = text.TrimStart();
        return Marks().Match(text) is { Success: true, Index: 0 } mark ? mark.Value : First().Match(text).Value;
    }

    /// <summary>The text after its trigger.</summary>
    public static string Behind(string text, string trigger) => text.TrimStart()[trigger.Length..];

    /// <summary>What begins a call that is not the first: the marks before its name that also come before the first call's.</summary>
    /// <param name="before">The text before the first call's name.</param>
    /// <param name="between">The text before a later call's name.</param>
    public static string Common(string before, string between)
    {
        int common = 0;
        while (common < Math.Min(before.Length, between.Length) && before[^(common + 1)] == between[^(common + 1)])
        {
            common++;
        }
        int start = between.Length - common;
        return common == before.Length ? between[start..] : between.IndexOf('<', start) is >= 0 and var tag ? between[tag..] : Marks().Match(between, start) is { Success: true } mark ? between[mark.Index..] : "";
    }

    /// <summary>A regular expression for a text of a sample, in which blanks, numbers and ids may differ.</summary>
    public static string Loose(string text)
    {
        var loose = new StringBuilder();
        int at = 0;
        foreach (Match free in Varying().Matches(text))
        {
            loose.Append(Regex.Escape(text[at..free.Index])).Append(string.IsNullOrWhiteSpace(free.Value) ? @"\s*" : @"\w+");
            at = free.Index + free.Length;
        }
        return loose.Append(Regex.Escape(text[at..])).ToString();
    }

    [GeneratedRegex(@"<[^<>\s]+>|\[[A-Z/][A-Z_/]*\]|```\w*", RegexOptions.CultureInvariant)]
    private static partial Regex Marks();

    [GeneratedRegex(@"^[^\s{\[]*", RegexOptions.CultureInvariant)]
    private static partial Regex First();

    [GeneratedRegex(@"\s+|zqA4567Bq|zqB5678Cq|[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Varying();
}
