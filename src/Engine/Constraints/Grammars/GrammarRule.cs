using Engine.Constraints.Languages;

namespace Engine.Constraints.Grammars;

/// <summary>A rule of a context-free grammar: one of some sequences. Rules may call each other and themselves, but not as the first thing
/// that reads a character (left recursion).</summary>
internal sealed class GrammarRule(string name)
{
    public string Name { get; } = name;

    /// <summary>Each a sequence of terminals and calls; an empty one is the empty text.</summary>
    public IReadOnlyList<IReadOnlyList<GrammarItem>> Options { get; set; } = [];

    /// <summary>UTF-8 bytes of the shortest text; each option can be met.</summary>
    public int Shortest { get; set; } = int.MaxValue;
}

/// <summary>One thing in an option of a rule.</summary>
internal abstract record GrammarItem
{
    /// <summary>Text of a regular language: whatever needs no recursion is folded into one.</summary>
    public sealed record Terminal(Language Text) : GrammarItem;

    /// <summary>What another rule derives.</summary>
    public sealed record Call(GrammarRule Rule) : GrammarItem;
}
