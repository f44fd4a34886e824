using Engine.Constraints.Languages;

namespace Engine.Constraints.Grammars;

/// <summary>A rule of a context-free grammar: one of several sequences. Rules may call each other and themselves, but not before a character has been
/// read (left recursion).</summary>
internal sealed class GrammarRule(string name)
{
    public string Name { get; } = name;

    /// <summary>The options, each a sequence of terminals and calls. An empty sequence is the empty text.</summary>
    public IReadOnlyList<IReadOnlyList<GrammarItem>> Options { get; set; } = [];

    /// <summary>UTF-8 bytes of the shortest text. Every option can be met.</summary>
    public int Shortest { get; set; } = int.MaxValue;
}

/// <summary>One item of a rule's option.</summary>
internal abstract record GrammarItem
{
    /// <summary>Text of a regular language. Everything that needs no recursion is folded into such terminals.</summary>
    public sealed record Terminal(Language Text) : GrammarItem;

    /// <summary>What another rule derives.</summary>
    public sealed record Call(GrammarRule Rule) : GrammarItem;
}
