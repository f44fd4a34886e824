using System.Buffers;
using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Whether a model calls tools.</summary>
internal enum ToolMode
{
    /// <summary>The model decides.</summary>
    Auto,

    /// <summary>Never. The model does not see the tools.</summary>
    None,

    /// <summary>The model must call one.</summary>
    Required,
}

/// <summary>The tools of a request, and how they may be used.</summary>
internal sealed record ToolSet(IReadOnlyList<ToolDefinition> Tools)
{
    // Characters that would end the name in one of the forms.
    private static readonly SearchValues<char> NotInNames = SearchValues.Create("\"\\<>[]{}|");

    public ToolMode Mode { get; init; }

    /// <summary>The tool that must be called, with <see cref="ToolMode.Required"/>; null for any.</summary>
    public string? Named { get; init; }

    /// <summary>Whether an answer may contain several calls.</summary>
    public bool AllowsParallel { get; init; } = true;

    /// <summary>How the schemas of arguments are to be read.</summary>
    public SchemaConventions Conventions { get; init; }

    /// <summary>Whether the model sees the tools.</summary>
    public bool IsOffered => Mode != ToolMode.None && Tools.Count > 0;

    /// <summary>The tools that the answer may call.</summary>
    public IEnumerable<ToolDefinition> Callable => !IsOffered ? [] : Mode == ToolMode.Required && Named is not null ? Tools.Where(tool => tool.Name == Named) : Tools;

    /// <summary>Refuses invalid tools.</summary>
    /// <param name="doing">The beginning of the message.</param>
    /// <exception cref="InvalidRequestException">A name that cannot be called or occurs twice, or a required tool that does not exist.</exception>
    public void Check(string doing)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (ToolDefinition tool in Tools)
        {
            if (tool.Name.Length == 0 || tool.Name.AsSpan().ContainsAny(NotInNames) || tool.Name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            {
                throw new InvalidRequestException($"{doing}: expected names of tools without blanks, quotes and brackets, found '{tool.Name}'. Rename the tool.");
            }
            if (!names.Add(tool.Name))
            {
                throw new InvalidRequestException($"{doing}: expected one tool of each name, found '{tool.Name}' twice. Leave one out.");
            }
        }
        if (Mode == ToolMode.Required && Tools.Count == 0)
        {
            throw new InvalidRequestException($"{doing}: expected tools, since a call of one is required, found none. Send the tools, or require no call.");
        }
        if (Mode == ToolMode.Required && Named is not null && !names.Contains(Named))
        {
            throw new InvalidRequestException(
                $"{doing}: expected the tool '{Named}' among the tools, since its call is required, found {string.Join(", ", names.Select(name => $"'{name}'"))}. Send it, or require another.");
        }
    }
}
