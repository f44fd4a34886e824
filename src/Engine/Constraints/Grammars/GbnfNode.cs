using Engine.Constraints.Languages;

namespace Engine.Constraints.Grammars;

/// <summary>A part of a rule as it is written.</summary>
internal abstract class GbnfNode(int depth)
{
    /// <summary>Levels of nesting in it.</summary>
    public int Depth { get; } = depth;

    /// <summary>One code point of some.</summary>
    public sealed class Class(CodePointSet set) : GbnfNode(1)
    {
        public CodePointSet Set { get; } = set;
    }

    /// <summary>A text; it may be empty.</summary>
    public sealed class Literal(string text) : GbnfNode(1)
    {
        public string Text { get; } = text;
    }

    /// <summary>What another rule derives.</summary>
    public sealed class Reference(GbnfRule rule) : GbnfNode(1)
    {
        public GbnfRule Rule { get; } = rule;
    }

    /// <summary>One after the other; none of them is the empty text.</summary>
    public sealed class Sequence(IReadOnlyList<GbnfNode> parts) : GbnfNode(Deepest(parts))
    {
        public IReadOnlyList<GbnfNode> Parts { get; } = parts;
    }

    /// <summary>One of several.</summary>
    public sealed class Either(IReadOnlyList<GbnfNode> options) : GbnfNode(Deepest(options))
    {
        public IReadOnlyList<GbnfNode> Options { get; } = options;
    }

    /// <summary>A repetition.</summary>
    public sealed class Repeat(GbnfNode part, int min, int? max, int position) : GbnfNode(part.Depth + 1)
    {
        public GbnfNode Part { get; } = part;

        public int Min { get; } = min;

        public int? Max { get; } = max;

        /// <summary>Where the count stands in the grammar.</summary>
        public int Position { get; } = position;
    }

    private static int Deepest(IReadOnlyList<GbnfNode> parts)
    {
        int depth = 0;
        foreach (GbnfNode part in parts)
        {
            depth = Math.Max(depth, part.Depth);
        }
        return depth + 1;
    }
}

/// <summary>A rule as it is written, and what was found out about it.</summary>
internal sealed class GbnfRule(int index, string name, int used)
{
    /// <summary>Its place in the list of rules.</summary>
    public int Index { get; set; } = index;

    public string Name { get; } = name;

    /// <summary>Where it is first named.</summary>
    public int Used { get; } = used;

    /// <summary>What it derives; null if only its name was found. Where a rule stands twice the last one counts, as in llama.cpp.</summary>
    public GbnfNode? Body { get; set; }

    /// <summary>Where its definition stands.</summary>
    public int Defined { get; set; } = used;

    /// <summary>UTF-8 bytes of its shortest text; <see cref="int.MaxValue"/> where it derives none.</summary>
    public int Shortest { get; set; } = int.MaxValue;

    /// <summary>Whether it derives any text.</summary>
    public bool IsProductive => Shortest != int.MaxValue;
}
