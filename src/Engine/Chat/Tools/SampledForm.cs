using System.Text.Json;
using System.Text.RegularExpressions;
using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Calls of an unknown family between marks, learned from a sample that the template itself rendered. A call is a JSON
/// object, or a name followed by its arguments.</summary>
internal sealed partial class SampledForm : ToolForm
{
    private const int LongestHead = 500;

    private readonly ToolSample _sample;
    private readonly string _open;          // the mark before a call that is not the first
    private readonly Regex? _named;         // if calls are not JSON objects: what comes before the arguments
    private readonly string[] _heads;       // if they are: what comes between a trigger and the JSON, without blanks
    private readonly string? _nameKey, _argumentsKey;

    private SampledForm(ToolSample sample, string trigger, string open, (int Start, string NameKey, string ArgumentsKey)? json)
    {
        (_sample, _open) = (sample, open);
        string second = CallMarks.Trigger(open);
        Triggers = second.Length > 0 && second != trigger ? [trigger, second] : [trigger];
        Skipped = [.. CallMarks.In($"{sample.After} {sample.Between}").Where(mark => !Triggers.Contains(mark))];
        Markers = CallMarks.In($"{sample.Before} {sample.Middle} {sample.After} {sample.Between}");
        if (json is { } found)
        {
            (_nameKey, _argumentsKey) = (found.NameKey, found.ArgumentsKey);
            string head = CallMarks.Behind(sample.Before[..found.Start], trigger);
            int bracket = open.AsSpan().IndexOfAny('{', '[');
            _heads = [Solid(head), .. Triggers.Count > 1 && bracket >= 0 ? [Solid(open[..bracket][second.Length..])] : Array.Empty<string>()];
        }
        else
        {
            _heads = [];
            _named = new Regex($@"^\s*(?:{CallMarks.Loose(CallMarks.Behind(sample.Before, trigger))}|{CallMarks.Loose(CallMarks.Behind(open, second))})(?<name>[^\s<>{{}}\[\]""|]+?){CallMarks.Loose(sample.Middle)}\s*$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
    }

    public override IReadOnlyList<string> Triggers { get; }

    public override IReadOnlyList<string> Skipped { get; }

    public override IReadOnlyList<string> Markers { get; }

    public override bool TakesOne => _sample.Between is null;

    /// <summary>The form of a sample; that of bare JSON if it has no marks.</summary>
    public static ToolForm Of(ToolSample sample)
    {
        (int Start, string NameKey, string ArgumentsKey)? json = Enclosing(sample);
        string trigger = CallMarks.Trigger(sample.Before);
        if (trigger.Length == 0 || ToolSample.Ids.Any(trigger.Contains))
        {
            return new BareForm(json?.ArgumentsKey ?? "arguments");
        }
        return new SampledForm(sample, trigger, CallMarks.Common(sample.Before, sample.Between ?? ""), json);
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

    // In JSON, the text around a name already has its quotes.
    private string Quoted(string name) => _named is null ? CallJson.Quoted(name)[1..^1] : name;

    /// <summary>The shape of a text of the sample, in which ids and numbers may be any.</summary>
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

    /// <summary>The JSON object around a call, and the keys of its name and arguments.</summary>
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

    private static string Solid(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    [GeneratedRegex("zqA4567Bq|zqB5678Cq|[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Free();
}
