using System.Text.Json;
using Engine.Chat.Tools;

namespace Engine.Api.Requests;

/// <summary>Turns a request's tools, in any dialect, into what the model is given.</summary>
internal static class RequestedTools
{
    /// <summary>Refuses a tool that the server would have to run.</summary>
    /// <param name="field">The tool's path in the request.</param>
    /// <param name="type">Its type; null if it has none.</param>
    /// <param name="function">The dialect's word for a function that the client runs.</param>
    /// <exception cref="ApiException">It is of another type.</exception>
    public static void RequireFunction(string field, string? type, string function = "function")
    {
        if (type is not null && type != function)
        {
            throw Check.Wrong($"{field}.type", $"'{function}', because the server runs no tools itself", $"'{type}'");
        }
    }

    /// <summary>A tool.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="schemaField">The schema's path in the request.</param>
    /// <param name="schema">The schema of its arguments.</param>
    /// <param name="strict">Whether every call meets it.</param>
    /// <exception cref="ApiException">It has no name, or its schema is not a schema.</exception>
    public static ToolDefinition Define(string field, string? name, string? description, string schemaField, JsonElement? schema, bool? strict)
    {
        _ = AnswerForms.Schema(schemaField, schema is { ValueKind: JsonValueKind.String } text ? throw Check.Wrong(schemaField, "an object", JsonMistake.Quote(text)) : schema);
        return new ToolDefinition(string.IsNullOrEmpty(name) ? throw Check.Wrong($"{field}.name", "a name", "none") : name, description, schema, strict == true);
    }

    /// <summary>Reads each tool of a list.</summary>
    /// <param name="tools">The list; null for none.</param>
    /// <param name="read">Reads one, given its place in the request.</param>
    /// <exception cref="ApiException">One is null.</exception>
    public static IReadOnlyList<ToolDefinition> Each<T>(IReadOnlyList<T?>? tools, Func<T, string, ToolDefinition> read) where T : class =>
        [.. (tools ?? []).Select((tool, i) => read(tool ?? throw Check.Wrong($"tools[{i}]", "an object", "null"), $"tools[{i}]"))];

    /// <summary>The tools of a request; null if it has none.</summary>
    /// <param name="set">The tools and how they are to be used.</param>
    /// <exception cref="ApiException">Two tools have the same name, a name cannot be called, or a required tool does not exist.</exception>
    public static ToolSet? Checked(ToolSet set)
    {
        if (set.Mode == ToolMode.Required && (set.Tools.Count == 0 || set.Named is not null && set.Tools.All(tool => tool.Name != set.Named)))
        {
            throw Check.Wrong(
                "tool_choice", set.Named is null ? "tools to choose from" : $"the tool '{set.Named}' among the tools",
                set.Tools.Count == 0 ? "none" : string.Join(", ", set.Tools.Select(tool => $"'{tool.Name}'")));
        }
        try
        {
            set.Check("Reading the field 'tools'");
        }
        catch (InvalidRequestException e)
        {
            throw ApiException.Invalid(e.Message, "tools");
        }
        return set.Tools.Count > 0 ? set : null;
    }
}
