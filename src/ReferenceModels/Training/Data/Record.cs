namespace ReferenceModels.Training.Data;

/// <summary>One entry of a data file, as its author wrote it.</summary>
public sealed record Record
{
    /// <summary>Line of the file where it begins, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>The text; of a pair, the first or the source; empty for chat turns.</summary>
    public string Text { get; init; } = "";

    /// <summary>The second text or the target; null where there is one text only.</summary>
    public string? Second { get; init; }

    /// <summary>The class; null where none is given.</summary>
    public string? Label { get; init; }

    /// <summary>Turns of a conversation; empty where it is none.</summary>
    public IReadOnlyList<Turn> Turns { get; init; } = [];

    /// <summary>All that somebody wrote in it, for a vocabulary to learn from.</summary>
    public IEnumerable<string> Texts => Turns.Select(turn => turn.Content).Prepend(Text).Append(Second ?? "").Where(text => text.Length > 0);
}

/// <summary>What one side of a conversation said.</summary>
/// <param name="Role">Such as <c>user</c> and <c>assistant</c>.</param>
/// <param name="Content">The words.</param>
public sealed record Turn(string Role, string Content);
