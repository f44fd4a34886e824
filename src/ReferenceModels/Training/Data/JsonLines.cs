using System.Text.Json;
using Engine;
using Engine.Chat;

namespace ReferenceModels.Training.Data;

/// <summary>
/// Records as JSON lines, one object per line: <c>{"text": …}</c>; a pair <c>{"source": …, "target": …}</c> or
/// <c>{"first": …, "second": …}</c>; a text or pair with a <c>"label"</c> (a string or a whole number); or a conversation
/// <c>{"messages": [{"role": …, "content": …}, …]}</c>, in which an assistant may call tools (<c>"tool_calls"</c>, and <c>"tools"</c> next to the
/// messages, both in the form of OpenAI's API). Blank lines are ignored.
/// </summary>
internal static class JsonLines
{
    private const string Forms = "an object with \"text\", \"source\" and \"target\", \"first\" and \"second\", or \"messages\"";
    private const string Messages = "messages with a \"role\" and a \"content\", both strings";
    private static readonly string[][] Contents = [["text"], ["source", "target"], ["first", "second"], ["messages"]];

    public static IEnumerable<Record> Read(string path, string text)
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Read(path, number, line);
            }
        }
    }

    private static Record Read(string path, int number, string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Refuse(path, number, Forms, Kind(document.RootElement));
            }
            return Read(path, number, document.RootElement);
        }
        catch (JsonException e)
        {
            throw Refuse(path, number, "a JSON object", $"what is not JSON at column {e.BytePositionInLine + 1}");
        }
    }

    private static Record Read(string path, int number, JsonElement json)
    {
        string[] content = ContentOf(path, number, json);
        return content is ["messages"]
            ? new Record { Line = number, Turns = Turns(path, number, json.GetProperty("messages")), Tools = Tools(path, number, json) }
            : new Record
            {
                Line = number,
                Text = Text(path, number, json, content[0]),
                Second = content.Length > 1 ? Text(path, number, json, content[1]) : null,
                Label = Label(path, number, json),
            };
    }

    // The form of a line: it has all of the form's properties, none twice and no others.
    private static string[] ContentOf(string path, int number, JsonElement json)
    {
        string[] names = [.. json.EnumerateObject().Select(property => property.Name).Where(name => name != "label")];
        names = names.Contains("messages") ? [.. names.Where(name => name != "tools")] : names;
        string[]? form = Contents.FirstOrDefault(form => form.Any(names.Contains));
        if (form is null)
        {
            throw Refuse(path, number, Forms, names.Length > 0 ? $"a property \"{names[0]}\"" : "none of them");
        }
        if (form.FirstOrDefault(name => !names.Contains(name)) is { } missing)
        {
            throw Refuse(path, number, $"a \"{missing}\" with the \"{form.First(names.Contains)}\"", "none");
        }
        IEnumerable<IGrouping<string, JsonProperty>> properties = json.EnumerateObject().GroupBy(property => property.Name);
        return properties.FirstOrDefault(property => property.Count() > 1) is { } twice ? throw Refuse(path, number, $"\"{twice.Key}\" once", "it twice")
            : names.FirstOrDefault(name => !form.Contains(name)) is { } other ? throw Refuse(path, number, Forms, $"a property \"{other}\" next to \"{form[0]}\"")
            : form;
    }

    private static string Text(string path, int number, JsonElement json, string name)
    {
        JsonElement value = json.GetProperty(name);
        string text = value.ValueKind == JsonValueKind.String ? String(path, number, name, value)
            : throw Refuse(path, number, $"a string as \"{name}\"", Kind(value));
        return string.IsNullOrWhiteSpace(text) ? throw Refuse(path, number, $"some text as \"{name}\"", text.Length == 0 ? "none" : "blanks") : text;
    }

    private static string? Label(string path, int number, JsonElement json) => !json.TryGetProperty("label", out JsonElement label) ? null : label.ValueKind switch
    {
        JsonValueKind.String => String(path, number, "label", label),
        JsonValueKind.Number when label.TryGetInt64(out _) => label.GetRawText(),
        JsonValueKind.True or JsonValueKind.False => label.GetRawText(),
        _ => throw Refuse(path, number, "a string or a whole number as \"label\"", label.GetRawText()),
    };

    private static List<Turn> Turns(string path, int number, JsonElement messages)
    {
        var turns = new List<Turn>();
        if (messages.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement message in messages.EnumerateArray())
            {
                turns.Add(Turn(path, number, message));
            }
        }
        return turns.Count > 0 ? turns : throw Refuse(path, number, "a list of messages", messages.GetRawText());
    }

    // A turn with tool calls need not have words.
    private static Turn Turn(string path, int number, JsonElement message)
    {
        var fields = new Dictionary<string, JsonElement>();
        if (message.ValueKind == JsonValueKind.Object)
        {
            foreach (string name in (string[])["tool_call_id", "name"])
            {
                if (message.TryGetProperty(name, out JsonElement field) && field.ValueKind != JsonValueKind.Null)
                {
                    fields[name] = field.ValueKind == JsonValueKind.String ? field.Clone() : throw Refuse(path, number, $"a string as \"{name}\"", field.GetRawText());
                }
            }
            if (message.TryGetProperty("tool_calls", out JsonElement calls) && calls.ValueKind != JsonValueKind.Null)
            {
                fields["tool_calls"] = Calls(path, number, calls);
            }
        }
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String)
        {
            throw Refuse(path, number, Messages, message.GetRawText());
        }
        bool isSilent = !message.TryGetProperty("content", out JsonElement content) || content.ValueKind == JsonValueKind.Null;
        string said = isSilent && fields.ContainsKey("tool_calls") ? ""
            : !isSilent && content.ValueKind == JsonValueKind.String ? String(path, number, "content", content)
            : throw Refuse(path, number, Messages, message.GetRawText());
        var turn = new Turn(String(path, number, "role", role), said);
        return fields.Count > 0 ? turn with { Fields = fields } : turn;
    }

    private static JsonElement Calls(string path, int number, JsonElement calls) => calls.ValueKind == JsonValueKind.Array && calls.GetArrayLength() > 0
        ? ToolTurns.Field(calls.EnumerateArray().Select(call => IsFunction(call) ? ToolTurns.Call(call)
            : throw Refuse(path, number, "calls with a \"function\" that has a \"name\"", call.GetRawText())))
        : throw Refuse(path, number, "a list of calls as \"tool_calls\"", calls.GetRawText());

    private static List<JsonElement>? Tools(string path, int number, JsonElement json)
    {
        if (!json.TryGetProperty("tools", out JsonElement tools) || tools.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        if (tools.ValueKind != JsonValueKind.Array)
        {
            throw Refuse(path, number, "a list as \"tools\"", tools.GetRawText());
        }
        List<JsonElement> offered = [.. tools.EnumerateArray().Select(tool => IsFunction(tool) ? tool.Clone()
            : throw Refuse(path, number, "tools with a \"function\" that has a \"name\"", tool.GetRawText()))];
        return offered.Count > 0 ? offered : null;
    }

    private static bool IsFunction(JsonElement part) => part.ValueKind == JsonValueKind.Object
        && part.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object
        && function.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String;

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        _ => value.GetRawText(),
    };

    // UTF-8 cannot represent a lone surrogate in an escape.
    private static string String(string path, int number, string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Refuse(path, number, $"text as \"{name}\"", "half of a surrogate pair");
        }
    }

    private static InvalidRequestException Refuse(string path, int line, string expected, string found) =>
        new($"Reading the data '{path}': expected {expected} in line {line}, found {(found.Length > 100 ? found[..100] + "…" : found)}. Correct the line.");
}
