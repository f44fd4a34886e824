using System.Text.Json;

namespace Engine.Chat.Tools;

/// <summary>Calls as a template writes them, cut into the texts around their names and arguments.</summary>
/// <param name="Before">The text before the first name.</param>
/// <param name="Middle">The text between a name and its arguments.</param>
/// <param name="After">The text after the arguments of the last call.</param>
/// <param name="Between">The text between the arguments of a call and the name of the next; null if a message takes only one call.</param>
internal sealed record ToolSample(string Before, string Middle, string After, string? Between)
{
    /// <summary>The tool's name to look for.</summary>
    public const string Name = "zqname";

    /// <summary>The argument's name to look for.</summary>
    public const string Key = "zqkey";

    private const string Value = "zqvalue";

    /// <summary>The ids of the calls, of the length that the strictest templates require.</summary>
    public static string[] Ids { get; } = ["zqA4567Bq", "zqB5678Cq"];

    /// <summary>The arguments to look for.</summary>
    public static JsonElement Arguments { get; } = JsonElement.Parse($$"""{"{{Key}}":"{{Value}}"}""");

    /// <summary>The tool that is called.</summary>
    public static ToolDefinition Tool { get; } = new(Name, "zqdescription", JsonElement.Parse("""{"type":"object","properties":{"zqkey":{"type":"string","description":"zqdescription"}},"required":["zqkey"]}"""));

    /// <summary>An example call, to show a model the form.</summary>
    public string Example => $"{Before}NAME{Middle}{{\"ARGUMENT\": \"VALUE\"}}{After}";

    /// <summary>Cuts what a template wrote into these parts.</summary>
    /// <param name="one">What the template wrote for one call.</param>
    /// <param name="two">What it wrote for two calls; null if it refuses two.</param>
    public static ToolSample? Cut(string one, string? two)
    {
        if (Call(one, 0) is not { } call)
        {
            return null;
        }
        string? between = two is not null && Call(two, 0) is { } first && Call(two, first.End) is { } second ? two[first.End..second.Name] : null;
        return new ToolSample(one[..call.Name], one[(call.Name + Name.Length)..call.Arguments], one[call.End..], between);
    }

    /// <summary>Where the next call has its name and its arguments, which are a JSON object.</summary>
    private static (int Name, int Arguments, int End)? Call(string text, int from)
    {
        int name = text.IndexOf(Name, from, StringComparison.Ordinal);
        int value = name < 0 ? -1 : text.IndexOf(Value, name, StringComparison.Ordinal);
        int start = value < 0 ? -1 : text.LastIndexOf('{', value, value - name);
        if (start < 0)
        {
            return null;
        }
        var scan = default(JsonScan);
        for (int i = start; i < text.Length && scan.Read(text[i]); i++)
        {
            if (scan.IsWhole)
            {
                return CallJson.Parse(text.AsSpan(start, i + 1 - start)) is { } json && JsonElement.DeepEquals(json, Arguments) ? (name, start, i + 1) : null;
            }
        }
        return null;
    }
}
