using System.Text.Json;
using Engine.Chat.Tools;

namespace Engine.Api.Requests;

/// <summary>A tool that the model may call, in the form of OpenAI's and Ollama's chats.</summary>
internal sealed class FunctionTool
{
    /// <summary>Always <c>function</c>.</summary>
    public string? Type { get; set; }

    /// <summary>The function to call.</summary>
    public FunctionDescription? Function { get; set; }

    /// <summary>The tool.</summary>
    /// <param name="field">Its path in the request, such as <c>tools[0]</c>.</param>
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

    /// <summary>A description of the function, for the model.</summary>
    public string? Description { get; set; }

    /// <summary>The JSON schema of its arguments; none if it takes none.</summary>
    public JsonElement? Parameters { get; set; }

    /// <summary>Whether the arguments of every call must match the schema. If a call is required, they always do.</summary>
    public bool? Strict { get; set; }

    /// <summary>The function.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <exception cref="ApiException">It has no name, or its schema is not a schema.</exception>
    public ToolDefinition Read(string field) => RequestedTools.Define(field, Name, Description, $"{field}.parameters", Parameters, Strict);
}
