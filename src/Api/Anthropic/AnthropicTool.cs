using System.Text.Json;
using Engine.Api.Requests;
using Engine.Chat.Tools;

namespace Engine.Api.Anthropic;

/// <summary>A tool that the model may call.</summary>
internal sealed class AnthropicTool
{
    /// <summary><c>custom</c>, or omitted.</summary>
    public string? Type { get; set; }

    /// <summary>Its name.</summary>
    public string? Name { get; set; }

    /// <summary>A description of the tool, for the model.</summary>
    public string? Description { get; set; }

    /// <summary>The JSON schema of its arguments.</summary>
    public JsonElement? InputSchema { get; set; }

    /// <summary>Whether the arguments of every call must match the schema. If a call is required, they always do.</summary>
    public bool? Strict { get; set; }

    /// <summary>The tool.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <exception cref="ApiException">It is a tool that the server would have to run, or has no name.</exception>
    public ToolDefinition Read(string field)
    {
        RequestedTools.RequireFunction(field, Type, "custom");
        return RequestedTools.Define(field, Name, Description, $"{field}.input_schema", InputSchema, Strict);
    }
}

/// <summary>Which tools may or must be called.</summary>
/// <param name="Type"><c>auto</c>, <c>any</c>, <c>tool</c> or <c>none</c>.</param>
/// <param name="Name">With <c>tool</c>: the one to call.</param>
/// <param name="DisableParallelToolUse">Whether an answer may contain at most one call.</param>
internal sealed record AnthropicToolChoice(string? Type, string? Name, bool? DisableParallelToolUse)
{
    /// <summary>The tools of a request.</summary>
    /// <param name="tools">All of them.</param>
    /// <param name="choice">Which may be called; null leaves it to the model.</param>
    /// <exception cref="ApiException">The tools or the choice are invalid.</exception>
    public static ToolSet? Of(IReadOnlyList<ToolDefinition> tools, AnthropicToolChoice? choice) => RequestedTools.Checked(new ToolSet(tools)
    {
        Mode = choice?.Type switch
        {
            null or "auto" => ToolMode.Auto,
            "none" => ToolMode.None,
            "any" or "tool" => ToolMode.Required,
            _ => throw Check.Wrong("tool_choice.type", "'auto', 'any', 'tool' or 'none'", $"'{choice.Type}'"),
        },
        Named = choice is { Type: "tool" } ? choice.Name ?? throw Check.Wrong("tool_choice.name", "the name of a tool", "none") : null,
        AllowsParallel = choice?.DisableParallelToolUse != true,
    });
}
