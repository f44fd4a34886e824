using System.Collections.ObjectModel;
using System.Text.Json;

namespace ReferenceModels.Training.Data;

/// <summary>One entry of a data file, as its author wrote it.</summary>
public sealed record Record
{
    /// <summary>The line of the file where it begins, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>The text; for a pair, the first text or the source; empty for a conversation.</summary>
    public string Text { get; init; } = "";

    /// <summary>The second text or the target; null if there is only one text.</summary>
    public string? Second { get; init; }

    /// <summary>The class; null if none is given.</summary>
    public string? Label { get; init; }

    /// <summary>Turns of a conversation; empty for other records.</summary>
    public IReadOnlyList<Turn> Turns { get; init; } = [];

    /// <summary>Tools that are offered in a conversation, in the form of OpenAI's API; null for none.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>All texts in it, for training a vocabulary.</summary>
    public IEnumerable<string> Texts => Turns.Select(turn => turn.Content).Prepend(Text).Append(Second ?? "").Where(text => text.Length > 0);
}

/// <summary>What one side of a conversation said.</summary>
/// <param name="Role">Such as <c>user</c>, <c>assistant</c> and <c>tool</c>.</param>
/// <param name="Content">The words; empty if the turn has only tool calls.</param>
public sealed record Turn(string Role, string Content)
{
    /// <summary>Other fields that the template may use: <c>tool_calls</c>, <c>tool_call_id</c>, <c>name</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Fields { get; init; } = ReadOnlyDictionary<string, JsonElement>.Empty;
}
