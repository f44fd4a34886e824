using System.Text.Json;
using Engine;

namespace ReferenceModels.Training.Data;

/// <summary>
/// Records as JSON lines, one object a line: <c>{"text": …}</c>; a pair <c>{"source": …, "target": …}</c> or
/// <c>{"first": …, "second": …}</c>; a text or pair with a <c>"label"</c> (a string or a whole number); or a conversation
/// <c>{"messages": [{"role": …, "content": …}, …]}</c>. Blank lines are passed over.
/// </summary>
internal static class JsonLines
{
    private const string Forms = "an object with \"text\", \"source\" and \"target\", \"first\" and \"second\", or \"messages\"";
    private static readonly HashSet<string> Known = ["text", "source", "target", "first", "second", "label", "messages"];

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
                throw Refuse(path, number, Forms, document.RootElement.ValueKind.ToString());
            }
            return Read(path, number, document.RootElement);
        }
        catch (JsonException e)
        {
            string reason = e.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw Refuse(path, number, "a JSON object on one line", $"what is none, at column {e.BytePositionInLine + 1}: {reason}");
        }
    }

    private static Record Read(string path, int number, JsonElement json)
    {
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (!Known.Contains(property.Name))
            {
                throw Refuse(path, number, Forms, $"a property \"{property.Name}\"");
            }
        }
        if (json.TryGetProperty("messages", out JsonElement messages))
        {
            return new Record { Line = number, Turns = Turns(path, number, messages) };
        }
        string? first = Text("text") ?? Text("source") ?? Text("first");
        return new Record
        {
            Line = number,
            Text = first ?? throw Refuse(path, number, Forms, "none of them"),
            Second = Text("target") ?? Text("second"),
            Label = Label(path, number, json),
        };

        string? Text(string name) => !json.TryGetProperty(name, out JsonElement value) ? null
            : value.ValueKind == JsonValueKind.String ? String(path, number, name, value)
            : throw Refuse(path, number, $"a string as \"{name}\"", value.ValueKind.ToString());
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
                if (message.ValueKind != JsonValueKind.Object
                    || !message.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String
                    || !message.TryGetProperty("content", out JsonElement content) || content.ValueKind != JsonValueKind.String)
                {
                    throw Refuse(path, number, "messages with a \"role\" and a \"content\", both strings", message.GetRawText());
                }
                turns.Add(new Turn(String(path, number, "role", role), String(path, number, "content", content)));
            }
        }
        return turns.Count > 0 ? turns : throw Refuse(path, number, "a list of messages", messages.GetRawText());
    }

    // A lone surrogate in an escape is no text that UTF-8 could hold.
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
