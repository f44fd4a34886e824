using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Calls between marks that no family known here writes: as a sample shows them that the template wrote itself. The call is an object
/// of JSON, or a name and then its arguments.</summary>
internal sealed partial class SampledForm : ToolForm
{
    private const int LongestHead = 500;

    private readonly ToolSample _sample;
    private readonly string _open;          // before a call that is not the first
    private readonly Regex? _named;         // where calls are no objects of JSON: what stands before the arguments
    private readonly string[] _heads;       // where they are: what stands between a trigger and the JSON, without blanks
    private readonly string? _nameKey, _argumentsKey;

    private SampledForm(ToolSample sample, string trigger, string open, (int Start, string NameKey, string ArgumentsKey)? json)
    {
        (_sample, _open) = (sample, open);
        string second = Trigger(open);
        Triggers = second.Length > 0 && second != trigger ? [trigger, second] : [trigger];
        Skipped = [.. Marks().Matches($"{sample.After} {sample.Between}").Select(mark => mark.Value).Where(mark => !Triggers.Contains(mark)).Distinct()];
        Markers = [.. Marks().Matches($"{sample.Before} {sample.Middle} {sample.After} {sample.Between}").Select(mark => mark.Value).Distinct()];
        if (json is { } found)
        {
            (_nameKey, _argumentsKey) = (found.NameKey, found.ArgumentsKey);
            string head = sample.Before[sample.Before.IndexOf(trigger, StringComparison.Ordinal)..found.Start][trigger.Length..];
            int bracket = open.AsSpan().IndexOfAny('{', '[');
            _heads = [Solid(head), .. Triggers.Count > 1 && bracket >= 0 ? [Solid(open[..bracket][second.Length..])] : Array.Empty<string>()];
        }
        else
        {
            _heads = [];
            string before = sample.Before[(sample.Before.IndexOf(trigger, StringComparison.Ordinal) + trigger.Length)..];
            _named = new Regex($@"^\s*(?:{Loose(before)}|{Loose(open.TrimStart()[Math.Min(second.Length, open.TrimStart().Length)..])})(?<name>[^\s<>{{}}\[\]""|]+?){Loose(sample.Middle)}\s*$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
    }

    public override IReadOnlyList<string> Triggers { get; }

    public override IReadOnlyList<string> Skipped { get; }

    public override IReadOnlyList<string> Markers { get; }

    public override bool TakesOne => _sample.Between is null;

    /// <summary>The form of a sample; one of bare JSON where it has no marks.</summary>
    public static ToolForm Of(ToolSample sample)
    {
        (int Start, string NameKey, string ArgumentsKey)? json = Enclosing(sample);
        string trigger = Trigger(sample.Before);
        if (trigger.Length == 0 || ToolSample.Ids.Any(trigger.Contains))
        {
            return new BareForm(json?.ArgumentsKey ?? "arguments");
        }
        return new SampledForm(sample, trigger, Open(sample), json);
    }

    /// <summary>What begins a call that is not the first: the marks before its name that also stand before the first.</summary>
    private static string Open(ToolSample sample)
    {
        string between = sample.Between ?? "";
        int common = 0;
        while (common < Math.Min(sample.Before.Length, between.Length) && sample.Before[^(common + 1)] == between[^(common + 1)])
        {
            common++;
        }
        int start = between.Length - common;
        return common == sample.Before.Length ? between[start..] : Marks().Match(between, start) is { Success: true } mark ? between[mark.Index..] : "";
    }

    public override CallHead Head(ReadOnlySpan<char> head)
    {
        if (_named is not null)
        {
            return head[^1] == '{' ? CallHead.Json : head.Length > LongestHead ? CallHead.Broken : CallHead.More;
        }
        string solid = Solid(new string(head));
        foreach (string expected in _heads)
        {
            if (solid.Length == expected.Length + 1 && solid.StartsWith(expected, StringComparison.Ordinal) && solid[^1] is '{' or '[')
            {
                return CallHead.Json;
            }
        }
        return _heads.Any(expected => expected.StartsWith(solid, StringComparison.Ordinal)) ? CallHead.More : CallHead.Broken;
    }

    public override IReadOnlyList<WrittenCall>? Read(string head, JsonElement? json, ToolSet tools)
    {
        if (_named is not null)
        {
            return _named.Match(head) is { Success: true } match && CallJson.Arguments(json) is { } arguments ? [new WrittenCall(match.Groups["name"].Value, arguments)] : null;
        }
        return json is { } calls ? WrittenCall.ReadAll(calls, _nameKey, _argumentsKey) : null;
    }

    protected override AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most)
    {
        AnswerShape call = OneOf([.. calls.Select(call => Join(Quoted(call.Tool), Shaped(_sample.Middle), call.Arguments))]);
        AnswerShape[] others = most == 1 || _sample.Between is null ? [] : [new AnswerShape.Repeat(Join(Shaped(_sample.Between), call), 0, most - 1)];
        return Join([Shaped(_sample.Before), call, .. others, Shaped(_sample.After)]);
    }

    // Inside of JSON a name is quoted by what stands around it.
    private string Quoted(string name) => _named is null ? CallJson.Quoted(name)[1..^1] : name;

    /// <summary>A text of the sample, in which ids and numbers are any.</summary>
    private AnswerShape Shaped(string text)
    {
        var parts = new List<object>();
        int at = 0;
        foreach (Match free in Free().Matches(text))
        {
            parts.Add(text[at..free.Index]);
            parts.Add(new AnswerShape.Pattern(ToolSample.Ids.Contains(free.Value) ? "[0-9A-Za-z]{9}" : "[0-9]{1,4}"));
            at = free.Index + free.Length;
        }
        parts.Add(text[at..]);
        return Join([.. parts]);
    }

    /// <summary>The object of JSON around a call, and the names of its name and arguments.</summary>
    private static (int Start, string NameKey, string ArgumentsKey)? Enclosing(ToolSample sample)
    {
        string text = sample.Before + ToolSample.Name + sample.Middle + ToolSample.Arguments.GetRawText() + sample.After;
        (int, string, string)? found = null;
        for (int start = sample.Before.LastIndexOf('{'); start >= 0; start = start == 0 ? -1 : sample.Before.LastIndexOf('{', start - 1))
        {
            var scan = default(JsonScan);
            int end = start;
            while (end < text.Length && !scan.IsWhole && scan.Read(text[end]))
            {
                end++;
            }
            if (scan.IsWhole && CallJson.Parse(text.AsSpan(start, end - start)) is { } json)
            {
                string? name = json.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.String && property.Value.ValueEquals(ToolSample.Name)).Select(property => property.Name).FirstOrDefault();
                string? arguments = json.EnumerateObject().Where(property => JsonElement.DeepEquals(property.Value, ToolSample.Arguments)).Select(property => property.Name).FirstOrDefault();
                if ((name is not null && arguments is not null) || found is not null)
                {
                    int list = sample.Before[..start].TrimEnd().Length;
                    found = (list > 0 && sample.Before[list - 1] == '[' ? list - 1 : start, name ?? found!.Value.Item2, arguments ?? found!.Value.Item3);
                }
            }
        }
        return found;
    }

    /// <summary>The mark that a text begins with: up to its end, to a blank, or to JSON. Empty where it begins with JSON.</summary>
    private static string Trigger(string text)
    {
        text = text.TrimStart();
        return Marks().Match(text) is { Success: true, Index: 0 } mark ? mark.Value : First().Match(text).Value;
    }

    private static string Solid(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    /// <summary>An expression for a text of the sample, whose blanks, numbers and ids may be others.</summary>
    private static string Loose(string text)
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

    // <tool>, <|tool|>, [TOOL], ```json
    [GeneratedRegex(@"<[^<>\s]+>|\[[A-Z/][A-Z_/]*\]|```\w*", RegexOptions.CultureInvariant)]
    private static partial Regex Marks();

    [GeneratedRegex(@"^[^\s{\[]*", RegexOptions.CultureInvariant)]
    private static partial Regex First();

    [GeneratedRegex("zqA4567Bq|zqB5678Cq|[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Free();

    [GeneratedRegex(@"\s+|zqA4567Bq|zqB5678Cq|[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Varying();
}
