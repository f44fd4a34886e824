using System.CommandLine;

namespace Engine.Host.Commands;

/// <summary>A command with what its help needs in addition to System.CommandLine's: groups of options and examples.</summary>
internal sealed class Verb(string name, string description) : Command(name, description)
{
    private readonly List<OptionGroup> _groups = [];

    /// <summary>Shell command lines.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>The options by topic, in the order of the help.</summary>
    public IReadOnlyList<OptionGroup> Groups => _groups;

    /// <summary>How long the verb may take to end after a stop request; null for as long as it needs. Read when the request arrives.</summary>
    public TimeSpan? StopsWithin { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The message when a stop ended the verb before its result, which says what exists of it.</summary>
    public string WhenStopped { get; init; } = "Stopped before the end: there is no result.";

    /// <summary>Adds options under a heading.</summary>
    public void AddGroup(string title, params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
        {
            Add(option);
        }
        _groups.Add(new OptionGroup(title, [.. options]));
    }
}

/// <summary>Options that the help shows together.</summary>
internal sealed record OptionGroup(string Title, IReadOnlyList<Option> Options);
