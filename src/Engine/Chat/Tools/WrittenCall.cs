using System.Text.Json;

namespace Engine.Chat.Tools;

/// <summary>A call as an answer writes it.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The arguments as a compact JSON object.</param>
/// <param name="Id">The id that the model gave it; null for none.</param>
internal sealed record WrittenCall(string Name, string Arguments, string? Id = null)
{
    /// <summary>The calls of an object or a list of objects; null if one of them is not a call.</summary>
    /// <param name="json">The object or the list.</param>
    /// <param name="nameKey">A further key for the tool's name, beside the known ones; null for none.</param>
    /// <param name="argumentsKey">A further key for the arguments.</param>
    public static IReadOnlyList<WrittenCall>? ReadAll(JsonElement json, string? nameKey = null, string? argumentsKey = null)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            return Read(json, nameKey, argumentsKey) is { } call ? [call] : null;
        }
        var calls = new List<WrittenCall>();
        foreach (JsonElement item in json.EnumerateArray())
        {
            if (Read(item, nameKey, argumentsKey) is not { } call)
            {
                return null;
            }
            calls.Add(call);
        }
        return calls.Count > 0 ? calls : null;
    }

    /// <summary>The call of an object that has a name and arguments, under the names that models give them; null if it is not a call.</summary>
    private static WrittenCall? Read(JsonElement json, string? nameKey, string? argumentsKey)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        string? id = CallJson.Text(json, "id") ?? CallJson.Text(json, "tool_call_id");
        if (json.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object)
        {
            return Read(function, nameKey, argumentsKey) is { } inner ? inner with { Id = id ?? inner.Id } : null;
        }
        string? name = (nameKey is null ? null : CallJson.Text(json, nameKey)) ?? CallJson.Text(json, "name") ?? CallJson.Text(json, "tool_name") ?? CallJson.Text(json, "function");
        JsonElement? values = json.TryGetProperty("arguments", out JsonElement arguments) || json.TryGetProperty("parameters", out arguments)
            || (argumentsKey is not null && json.TryGetProperty(argumentsKey, out arguments)) ? arguments : null;
        return name is { Length: > 0 } && CallJson.Arguments(values) is { } written ? new WrittenCall(name, written, id) : null;
    }
}
