using System.Text.Json;

namespace Engine.Chat.Tools;

/// <summary>A call as an answer writes it.</summary>
/// <param name="Name">The tool's.</param>
/// <param name="Arguments">A JSON object, compact.</param>
/// <param name="Id">The id that the model gave it; null for none.</param>
internal sealed record WrittenCall(string Name, string Arguments, string? Id = null)
{
    /// <summary>The calls of an object or a list of objects; null where one is no call.</summary>
    public static IReadOnlyList<WrittenCall>? ReadAll(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            return Read(json) is { } call ? [call] : null;
        }
        var calls = new List<WrittenCall>();
        foreach (JsonElement item in json.EnumerateArray())
        {
            if (Read(item) is not { } call)
            {
                return null;
            }
            calls.Add(call);
        }
        return calls.Count > 0 ? calls : null;
    }

    /// <summary>The call of an object that has a name and arguments, under the names that models give them; null where it is none.</summary>
    public static WrittenCall? Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        string? id = CallJson.Text(json, "id");
        if (json.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object)
        {
            return Read(function) is { } inner ? inner with { Id = id ?? inner.Id } : null;
        }
        string? name = CallJson.Text(json, "name") ?? CallJson.Text(json, "tool_name") ?? CallJson.Text(json, "function");
        JsonElement? values = json.TryGetProperty("arguments", out JsonElement arguments) || json.TryGetProperty("parameters", out arguments) ? arguments : null;
        return name is { Length: > 0 } && CallJson.Arguments(values) is { } written ? new WrittenCall(name, written, id) : null;
    }
}
