using System.Text.Json;
using System.Text.RegularExpressions;
using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Calls whose arguments are written one by one, each between marks, as by Qwen 3 Coder and GLM 4.5. The marks are learned from a sample that
/// the template itself rendered. The tool's schema tells the type of a value.</summary>
internal sealed class SpelledForm : ToolForm
{
    // Keywords that do not restrict a text.
    private static readonly string[] Free = ["type", "description", "title", "default", "examples", "$comment", "deprecated"];

    private readonly SpelledSample _sample;
    private readonly string _end;       // the mark that ends a call
    private readonly Regex _name;       // what comes between a trigger and a name, and the name

    private SpelledForm(SpelledSample sample, string trigger, string end)
    {
        (_sample, _end) = (sample, end);
        string open = CallMarks.Common(sample.Before, sample.Between ?? "");
        string second = CallMarks.Trigger(open);
        Triggers = second.Length > 0 && second != trigger ? [trigger, second] : [trigger];
        string all = $"{sample.Before} {sample.Key} {sample.Value} {sample.Close} {sample.After} {sample.Between}";
        Markers = CallMarks.In(all);
        Skipped = [.. CallMarks.In($"{sample.After} {sample.Between}").Where(mark => mark != end && !Triggers.Contains(mark))];
        _name = new Regex(
            $@"^\s*(?:{CallMarks.Loose(CallMarks.Behind(sample.Before, trigger))}|{CallMarks.Loose(CallMarks.Behind(open, second))})(?<name>[^\s<>""]+){CallMarks.Loose(sample.Open)}",
            RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }

    public override IReadOnlyList<string> Triggers { get; }

    public override IReadOnlyList<string> Markers { get; }

    public override IReadOnlyList<string> Skipped { get; }

    public override bool TakesOne => _sample.Between is null;

    /// <summary>The form of a sample; null if its beginning and end have no marks.</summary>
    public static SpelledForm? Of(SpelledSample sample) =>
        CallMarks.Trigger(sample.Before) is { Length: > 0 } trigger && CallMarks.In(sample.After) is [var end, ..] && sample.Value.Trim().Length > 0 && sample.Close.Trim().Length > 0
            ? new SpelledForm(sample, trigger, end)
            : null;

    public override CallHead Head(ReadOnlySpan<char> head) => head.EndsWith(_end, StringComparison.Ordinal) ? CallHead.Call : CallHead.More;

    public override IReadOnlyList<WrittenCall>? Read(string head, JsonElement? json, ToolSet tools)
    {
        string body = head[..^_end.Length];
        if (_name.Match(body) is not { Success: true } match)
        {
            return null;
        }
        string name = match.Groups["name"].Value;
        JsonElement? schema = tools.Tools.FirstOrDefault(tool => tool.Name == name)?.Parameters;
        var arguments = new List<(string Name, JsonElement Value)>();
        (string key, string between, string close) = (_sample.Key.Trim(), _sample.Value.TrimEnd(), _sample.Close.Trim());
        int at = match.Length;
        while (Skip(body, at) is var start && start < body.Length)
        {
            int value = body.IndexOf(between, start, StringComparison.Ordinal);
            int end = value < 0 ? -1 : body.IndexOf(close, value + between.Length, StringComparison.Ordinal);
            if (end < 0 || string.CompareOrdinal(body, start, key, 0, key.Length) != 0)
            {
                return null;
            }
            string argument = body[(start + key.Length)..value].Trim();
            arguments.Add((argument, Typed(Bare(body[(value + between.Length)..end]), schema, argument)));
            at = end + close.Length;
        }
        return [new WrittenCall(name, CallJson.Compact(CallJson.Write(writer =>
        {
            writer.WriteStartObject();
            foreach ((string argument, JsonElement value) in arguments)
            {
                writer.WritePropertyName(CallJson.Utf8(argument));
                value.WriteTo(writer);
            }
            writer.WriteEndObject();
        })))];
    }

    protected override AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most)
    {
        AnswerShape call = OneOf([.. calls.Select(call => Join(call.Tool + _sample.Open, Spelled(call.Tool, ((AnswerShape.Json)call.Arguments).Schema)))]);
        AnswerShape[] others = most == 1 || _sample.Between is null ? [] : [new AnswerShape.Repeat(Join(_sample.Between, call), 0, most - 1)];
        return Join([_sample.Before, call, .. others, _sample.After]);
    }

    /// <summary>The shape of the arguments: those of the schema in its order, or any if it names none.</summary>
    private AnswerShape Spelled(string tool, JsonElement schema)
    {
        if (!schema.TryGetProperty("properties", out JsonElement properties))
        {
            bool takesNone = schema.TryGetProperty("additionalProperties", out JsonElement others) && others.ValueKind == JsonValueKind.False;
            return new AnswerShape.Repeat(Join(_sample.Key, new AnswerShape.Pattern(@"[A-Za-z_]\w{0,63}"), _sample.Value, Text, _sample.Close), 0, takesNone ? 0 : null);
        }
        HashSet<string> required = schema.TryGetProperty("required", out JsonElement names) ? [.. names.EnumerateArray().Select(name => name.GetString()!)] : [];
        return new AnswerShape.Sequence([.. properties.EnumerateObject().Select(property =>
        {
            AnswerShape argument = Join(_sample.Key + property.Name + _sample.Value, ValueOf(tool, property), _sample.Close);
            return required.Contains(property.Name) ? argument : new AnswerShape.Repeat(argument, 0, 1);
        })]);
    }

    private AnswerShape.Prose Text => new([_sample.Close.Trim()]);

    private AnswerShape ValueOf(string tool, JsonProperty property)
    {
        JsonElement schema = property.Value;
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return Text;
        }
        if (schema.TryGetProperty("enum", out JsonElement choices) && choices.EnumerateArray().All(choice => choice.ValueKind == JsonValueKind.String))
        {
            return OneOf([.. choices.EnumerateArray().Select(choice => new AnswerShape.Literal(choice.GetString()!))]);
        }
        if (IsText(schema) != true)
        {
            return new AnswerShape.Json(schema);
        }
        string? bound = schema.EnumerateObject().Select(keyword => keyword.Name).FirstOrDefault(keyword => !Free.Contains(keyword));
        return bound is null ? Text : throw new InvalidRequestException(
            $"Constraining the arguments of '{tool}': its argument '{property.Name}' is a text with '{bound}', which cannot be guaranteed in the form in which this model calls tools. Leave the keyword out, or require no call.");
    }

    private string Bare(string value)
    {
        string lead = _sample.Value[_sample.Value.TrimEnd().Length..], trail = _sample.Close[..^_sample.Close.TrimStart().Length];
        value = lead.Length > 0 && value.StartsWith(lead, StringComparison.Ordinal) ? value[lead.Length..] : value;
        return trail.Length > 0 && value.EndsWith(trail, StringComparison.Ordinal) ? value[..^trail.Length] : value;
    }

    /// <summary>A value as JSON: a text if the schema says so, or if it is nothing else.</summary>
    private static JsonElement Typed(string value, JsonElement? schema, string argument)
    {
        bool? isText = schema is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object
            && properties.TryGetProperty(argument, out JsonElement property) ? IsText(property) : null;
        string json = value.Trim() switch { "True" => "true", "False" => "false", "None" => "null", { } other => other };
        return isText != true && CallJson.Parse(json) is { } parsed && (isText == false || parsed.ValueKind != JsonValueKind.String)
            ? parsed
            : CallJson.Write(writer => writer.WriteStringValue(CallJson.Utf8(value)));
    }

    /// <summary>Whether a schema is that of a text; null if it does not say.</summary>
    private static bool? IsText(JsonElement schema) => schema.ValueKind != JsonValueKind.Object ? null
        : schema.TryGetProperty("type", out JsonElement type) ? type.ValueKind == JsonValueKind.String ? type.ValueEquals("string")
            : type.ValueKind == JsonValueKind.Array && type.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals("string"))
        : schema.TryGetProperty("enum", out JsonElement choices) && choices.ValueKind == JsonValueKind.Array ? choices.EnumerateArray().All(choice => choice.ValueKind == JsonValueKind.String)
        : null;

    private static int Skip(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
        return at;
    }
}
