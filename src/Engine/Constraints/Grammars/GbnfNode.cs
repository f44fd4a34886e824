using Engine.Constraints.Languages;

namespace Engine.Constraints.Grammars;

/// <summary>A part of a rule, as written.</summary>
internal abstract class GbnfNode(int depth)
{
    /// <summary>How deeply it nests.</summary>
    public int Depth { get; } = depth;

    /// <summary>One code point of a set.</summary>
    public sealed class Class(CodePointSet set) : GbnfNode(1)
    {
        public CodePointSet Set { get; } = set;
    }

    /// <summary>A given text, possibly empty.</summary>
    public sealed class Literal(string text) : GbnfNode(1)
    {
        public string Text { get; } = text;
    }

    /// <summary>What another rule derives.</summary>
    public sealed class Reference(GbnfRule rule) : GbnfNode(1)
    {
        public GbnfRule Rule { get; } = rule;
    }

    /// <summary>Several parts, one after the other; none is the empty text.</summary>
    public sealed class Sequence(IReadOnlyList<GbnfNode> parts) : GbnfNode(Deepest(parts))
    {
        public IReadOnlyList<GbnfNode> Parts { get; } = parts;
    }

    /// <summary>One of several parts.</summary>
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

        /// <summary>The position of the count in the grammar.</summary>
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

/// <summary>A rule as written, and what has been found out about it.</summary>
internal sealed class GbnfRule(int index, string name, int used)
{
    /// <summary>Its index in the list of rules.</summary>
    public int Index { get; set; } = index;

    public string Name { get; } = name;

    /// <summary>The position at which it is first named.</summary>
    public int Used { get; } = used;

    /// <summary>What it derives; null if only its name was found. If a rule is defined twice, the last definition counts, as in llama.cpp.</summary>
    public GbnfNode? Body { get; set; }

    /// <summary>The position of its definition.</summary>
    public int Defined { get; set; } = used;

    /// <summary>UTF-8 bytes of its shortest text; <see cref="int.MaxValue"/> if it derives none.</summary>
    public int Shortest { get; set; } = int.MaxValue;

    /// <summary>Whether it derives any text.</summary>
    public bool IsProductive => Shortest != int.MaxValue;
}
