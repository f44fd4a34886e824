namespace Engine.Constraints.Languages;

/// <summary>A parsed regular expression.</summary>
internal abstract record RegexNode
{
    /// <summary>Whether what it matches depends on the text before or after it.</summary>
    public abstract bool Asserts { get; }

    /// <summary>One code point of a set.</summary>
    public sealed record OneOf(CodePointSet Set) : RegexNode
    {
        public override bool Asserts => false;

        /// <summary>The code point if there is only one; otherwise null.</summary>
        public int? Only => Set.Ranges is [(int first, int last)] && first == last ? first : null;
    }

    /// <summary>Several nodes, one after the other.</summary>
    public sealed record Sequence(IReadOnlyList<RegexNode> Parts) : RegexNode
    {
        public override bool Asserts { get; } = Parts.Any(static part => part.Asserts);
    }

    /// <summary>One of several nodes.</summary>
    public sealed record Either(IReadOnlyList<RegexNode> Options) : RegexNode
    {
        public override bool Asserts { get; } = Options.Any(static option => option.Asserts);
    }

    /// <summary>A repetition.</summary>
    public sealed record Repeat(RegexNode Part, int Min, int? Max) : RegexNode
    {
        public override bool Asserts => Part.Asserts;
    }

    /// <summary>^: the start of the text.</summary>
    public sealed record AtStart : RegexNode
    {
        public override bool Asserts => true;
    }

    /// <summary>$: the end of the text.</summary>
    public sealed record AtEnd : RegexNode
    {
        public override bool Asserts => true;
    }

    /// <summary>\b or \B: a word begins or ends here, or does not.</summary>
    public sealed record WordEdge(bool IsEdge) : RegexNode
    {
        public override bool Asserts => true;
    }

    /// <summary>(?=…) or (?!…): the text after it begins with a match, or does not.</summary>
    public sealed record Ahead(RegexNode Part, bool Matches) : RegexNode
    {
        public override bool Asserts => true;
    }
}
