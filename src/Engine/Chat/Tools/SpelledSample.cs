using System.Text.Json;

namespace Engine.Chat.Tools;

/// <summary>Calls as written by a template that writes arguments one by one between marks, not as JSON.</summary>
/// <param name="Before">The text before the first name.</param>
/// <param name="Open">The text after a name.</param>
/// <param name="Key">The text before an argument's name.</param>
/// <param name="Value">The text between an argument's name and its value.</param>
/// <param name="Close">The text after a value.</param>
/// <param name="After">The text after the last argument, or after <paramref name="Open"/> if there are no arguments.</param>
/// <param name="Between">The text from the last argument of a call to the name of the next; null if a message takes only one call.</param>
internal sealed record SpelledSample(string Before, string Open, string Key, string Value, string Close, string After, string? Between)
{
    private const string FirstKey = "zqfirst", FirstValue = "zqone", SecondKey = "zqsecond", SecondValue = "zqtwo";

    /// <summary>The arguments to look for.</summary>
    public static JsonElement Arguments { get; } = JsonElement.Parse($$"""{"{{FirstKey}}":"{{FirstValue}}","{{SecondKey}}":"{{SecondValue}}"}""");

    /// <summary>An example call, to show a model the form.</summary>
    public string Example => $"{Before}NAME{Open}{Key}ARGUMENT{Value}VALUE{Close}{After}";

    /// <summary>Cuts what a template wrote into these parts; null if it does not consist of them.</summary>
    /// <param name="one">What the template wrote for one call.</param>
    /// <param name="bare">What it wrote for one call without arguments.</param>
    /// <param name="two">What it wrote for two calls; null if it refuses two.</param>
    public static SpelledSample? Cut(string one, string bare, string? two)
    {
        if (Find(one, 0, ToolSample.Name, FirstKey, FirstValue, SecondKey, SecondValue) is not [int name, int key, int value, int next, int last])
        {
            return null;
        }
        string open = one[(name + ToolSample.Name.Length)..key], separator = one[(value + FirstValue.Length)..next], end = one[(last + SecondValue.Length)..];
        int common = 0;
        while (common < Math.Min(open.Length, separator.Length) && open[^(common + 1)] == separator[^(common + 1)])
        {
            common++;
        }
        int mark = open.IndexOf('<', open.Length - common);
        if (mark < 0)
        {
            return null;
        }
        string begin = open[mark..], close = separator[..^begin.Length];
        string before = one[..name];
        if (!end.StartsWith(close, StringComparison.Ordinal) || bare != before + ToolSample.Name + open[..mark] + end[close.Length..])
        {
            return null;
        }
        string? between = two is not null && Find(two, 0, SecondValue) is [int first] && Find(two, first, ToolSample.Name) is [int second] ? two[(first + SecondValue.Length)..second] : null;
        return new SpelledSample(
            before, open[..mark], begin, one[(key + FirstKey.Length)..value], close, end[close.Length..], between?.StartsWith(close, StringComparison.Ordinal) == true ? between[close.Length..] : null);
    }

    private static int[]? Find(string text, int from, params ReadOnlySpan<string> sought)
    {
        var found = new int[sought.Length];
        for (int i = 0; i < sought.Length; i++)
        {
            found[i] = text.IndexOf(sought[i], from, StringComparison.Ordinal);
            if (found[i] < 0)
            {
                return null;
            }
            from = found[i] + sought[i].Length;
        }
        return found;
    }
}
