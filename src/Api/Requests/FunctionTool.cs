using System.Text.Json;
using Engine.Chat.Tools;

namespace Engine.Api.Requests;

/// <summary>A tool that the model may call, as OpenAI's chats and Ollama's have it.</summary>
internal sealed class FunctionTool
{
    /// <summary>Always <c>function</c>.</summary>
    public string? Type { get; set; }

    /// <summary>What can be called.</summary>
    public FunctionDescription? Function { get; set; }

    /// <summary>The tool.</summary>
    /// <param name="field">Where it stands in the request, such as <c>tools[0]</c>.</param>
    /// <exception cref="ApiException">It is no function, or has no name.</exception>
    public ToolDefinition Read(string field)
    {
        RequestedTools.RequireFunction(field, Type);
        return (Function ?? throw Check.Wrong($"{field}.function", "an object", "none")).Read($"{field}.function");
    }
}

/// <summary>A function.</summary>
internal sealed class FunctionDescription
{
    /// <summary>Its name.</summary>
    public string? Name { get; set; }

    /// <summary>What it does, for the model to know.</summary>
    public string? Description { get; set; }

    /// <summary>The JSON schema of its arguments; none where it takes none.</summary>
    public JsonElement? Parameters { get; set; }

    /// <summary>Whether the arguments of every call meet the schema. Where a call is required they always do.</summary>
    public bool? Strict { get; set; }

    /// <summary>The function.</summary>
    /// <param name="field">Where it stands in the request.</param>
    /// <exception cref="ApiException">It has no name, or its schema is not a schema.</exception>
    public ToolDefinition Read(string field) => RequestedTools.Define(field, Name, Description, $"{field}.parameters", Parameters, Strict);
}
