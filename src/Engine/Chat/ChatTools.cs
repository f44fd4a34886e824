using System.Text.Json;
using Engine.Chat.Tools;
using Microsoft.Extensions.AI;

namespace Engine.Chat;

/// <summary>Converts Microsoft.Extensions.AI's tools and calls.</summary>
internal static class ChatTools
{
    /// <summary>The property with which Microsoft.Extensions.AI marks a tool whose arguments must always match the schema.</summary>
    private const string Strict = "strict";

    /// <summary>The tools of a request; null for none.</summary>
    /// <exception cref="UnsupportedRequestException">A tool is not a function that the caller runs.</exception>
    /// <exception cref="InvalidRequestException">The tools are invalid.</exception>
    public static ToolSet? Read(string doing, ChatOptions options)
    {
        var required = options.ToolMode as RequiredChatToolMode;
        if (options.Tools is not { Count: > 0 } && required is null)
        {
            return null;
        }
        var tools = new ToolSet([.. (options.Tools ?? []).Select(tool => Read(doing, tool))])
        {
            Mode = required is not null ? ToolMode.Required : options.ToolMode is NoneChatToolMode ? ToolMode.None : ToolMode.Auto,
            Named = required?.RequiredFunctionName,
            AllowsParallel = options.AllowMultipleToolCalls ?? true,
            Conventions = new(Descriptions: false, LocalTimes: true), // .NET's own schemas
        };
        tools.Check(doing);
        return tools;
    }

    /// <summary>The arguments of a call, as values of JSON.</summary>
    public static Dictionary<string, object?> Arguments(ToolCall call)
    {
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (JsonProperty argument in JsonElement.Parse(call.Arguments).EnumerateObject())
        {
            arguments[argument.Name] = argument.Value;
        }
        return arguments;
    }

    private static ToolDefinition Read(string doing, AITool tool) => tool is AIFunctionDeclaration function
        ? new ToolDefinition(function.Name, function.Description, function.JsonSchema, function.AdditionalProperties.TryGetValue(Strict, out object? strict) && IsTrue(strict))
        : throw new UnsupportedRequestException(
            $"{doing}: expected functions among the tools, found '{tool.Name}', a {tool.GetType().Name}, which nothing here can run. Leave it out.");

    private static bool IsTrue(object? value) => value is true or JsonElement { ValueKind: JsonValueKind.True };
}
