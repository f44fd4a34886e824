namespace Engine.Constraints.Languages;

/// <summary>One code point of a set. With the empty set, no text at all.</summary>
internal sealed class OneCodePoint(LanguageSpace space, CodePointSet set)
    : Language(space, accepts: false, new(1, 1), isPlain: !set.IsEmpty, depth: 1)
{
    public CodePointSet Set { get; } = set;

    internal override int StructureHash => Set.GetHashCode();

    internal override bool IsSame(Language other) => other is OneCodePoint one && one.Set.Equals(Set);

    internal override Life LifeOfParts() => Set.IsEmpty ? Life.Dead : Life.Alive;

    private protected override TextStep[] Derive()
    {
        ReadOnlySpan<(int First, int Last)> ranges = Set.Ranges;
        var moves = new TextStep[ranges.Length];
        for (int i = 0; i < moves.Length; i++)
        {
            moves[i] = new(ranges[i].First, ranges[i].Last, Space.Empty);
        }
        return moves;
    }
}

/// <summary>A text of <paramref name="head"/>, then one of <paramref name="tail"/>.</summary>
internal sealed class Concatenation(LanguageSpace space, Language head, Language tail)
    : Language(space, head.Accepts && tail.Accepts, head.Lengths + tail.Lengths, head.IsPlain && tail.IsPlain, Math.Max(head.Depth + 1, tail.Depth),
        1L + head.Size + tail.Size)
{
    public Language Head { get; } = head;

    public Language Tail { get; } = tail;

    internal override int StructureHash => HashCode.Combine(1, Head.Id, Tail.Id);

    internal override bool IsSame(Language other) => other is Concatenation c && c.Head == Head && c.Tail == Tail;

    internal override Life LifeOfParts()
    {
        // A loop, not recursion, along the chain of tails, which may be as long as the pattern.
        Life all = Life.Alive;
        Language rest = this;
        while (rest is Concatenation { Life: Life.Unknown } c)
        {
            all = And(all, LanguageSpace.KnownLife(c.Head));
            rest = c.Tail;
        }
        return And(all, rest is Concatenation ? rest.Life : LanguageSpace.KnownLife(rest));

        static Life And(Life a, Life b) =>
            a is Life.Dead || b is Life.Dead ? Life.Dead : a is Life.Alive && b is Life.Alive ? Life.Alive : Life.Unknown;
    }

    private protected override TextStep[] Derive()
    {
        if (!Head.Accepts)
        {
            return StepMerging.Append(Space, Head.Moves, Tail);
        }
        List<TextStep> all = [];
        Language rest = this;
        while (rest is Concatenation c)
        {
            all.AddRange(StepMerging.Append(Space, c.Head.Moves, c.Tail));
            rest = c.Tail;
            if (!c.Head.Accepts)
            {
                rest = Space.Nothing;
            }
        }
        all.AddRange(rest.Moves);
        return StepMerging.Union(Space, all);
    }
}

/// <summary>From <paramref name="min"/> to <paramref name="max"/> texts of <paramref name="part"/>, one after the other.</summary>
internal sealed class Repetition(LanguageSpace space, Language part, int min, int? max)
    : Language(space, min == 0 || part.Accepts, part.Lengths.Times(min, max), part.IsPlain, part.Depth + 1, 1L + part.Size)
{
    public Language Part { get; } = part;

    public int Min { get; } = min;

    public int? Max { get; } = max;

    internal override int StructureHash => HashCode.Combine(2, Part.Id, Min, Max);

    internal override bool IsSame(Language other) => other is Repetition r && r.Part == Part && r.Min == Min && r.Max == Max;

    internal override Life LifeOfParts() => LanguageSpace.KnownLife(Part);

    private protected override TextStep[] Derive() =>
        StepMerging.Append(Space, Part.Moves, Space.Repeated(Part, Math.Max(Min - 1, 0), Max - 1));
}

/// <summary>A text of one of several languages.</summary>
internal sealed class Union(LanguageSpace space, Language[] options, bool accepts, Lengths lengths, bool isPlain, int depth)
    : Language(space, accepts, lengths, isPlain, depth, 1L + SizeOf(options))
{
    /// <summary>In the order of their ids, each once.</summary>
    public Language[] Options { get; } = options;

    internal override int StructureHash { get; } = HashOf(3, options);

    internal override bool IsSame(Language other) => other is Union u && u.Options.AsSpan().SequenceEqual(Options);

    internal override Life LifeOfParts()
    {
        bool allDead = true;
        foreach (Language option in Options)
        {
            Life life = LanguageSpace.KnownLife(option);
            if (life is Life.Alive)
            {
                return Life.Alive;
            }
            allDead &= life is Life.Dead;
        }
        return allDead ? Life.Dead : Life.Unknown;
    }

    private protected override TextStep[] Derive()
    {
        List<TextStep> all = [];
        foreach (Language option in Options)
        {
            all.AddRange(option.Moves);
        }
        return StepMerging.Union(Space, all);
    }

    internal static long SizeOf(ReadOnlySpan<Language> parts)
    {
        long size = 0;
        foreach (Language part in parts)
        {
            size += part.Size;
        }
        return size;
    }

    internal static int HashOf(int kind, Language[] parts)
    {
        HashCode hash = new();
        hash.Add(kind);
        foreach (Language part in parts)
        {
            hash.Add(part.Id);
        }
        return hash.ToHashCode();
    }
}

/// <summary>A text that is in each of several languages.</summary>
internal sealed class Intersection(LanguageSpace space, Language[] parts, bool accepts, Lengths lengths, int depth)
    : Language(space, accepts, lengths, isPlain: false, depth, 1L + Union.SizeOf(parts))
{
    /// <summary>In the order of their ids, each once.</summary>
    public Language[] Parts { get; } = parts;

    internal override int StructureHash { get; } = Union.HashOf(4, parts);

    internal override bool IsSame(Language other) => other is Intersection i && i.Parts.AsSpan().SequenceEqual(Parts);

    internal override Life LifeOfParts()
    {
        foreach (Language part in Parts)
        {
            if (LanguageSpace.KnownLife(part) is Life.Dead)
            {
                return Life.Dead;
            }
        }
        return Life.Unknown;
    }

    private protected override TextStep[] Derive()
    {
        List<TextStep> all = [];
        foreach (Language part in Parts)
        {
            all.AddRange(part.Moves);
        }
        return StepMerging.Intersection(Space, all, Parts.Length);
    }

    private protected override bool IsCofinite() => Array.TrueForAll(Parts, static part => part.TakesAnything);
}

/// <summary>Every text that is not in a language.</summary>
internal sealed class Complement(LanguageSpace space, Language without)
    : Language(space, !without.Accepts, new(without.Accepts ? 1 : 0, int.MaxValue), isPlain: false, without.Depth + 1, 1L + without.Size)
{
    public Language Without { get; } = without;

    internal override int StructureHash => HashCode.Combine(5, Without.Id);

    internal override bool IsSame(Language other) => other is Complement c && c.Without == Without;

    private protected override TextStep[] Derive() => StepMerging.Complement(Space, Without.Moves);

    // A language whose texts have a bounded length is finite, so its complement has all texts but finitely many.
    private protected override bool IsCofinite() => Without.Lengths.Max < int.MaxValue;
}

/// <summary>A language defined in terms of itself. In <see cref="Body"/> it occurs only after something has been read.</summary>
internal sealed class Loop(LanguageSpace space, bool accepts) : Language(space, accepts, new(accepts ? 0 : 1, int.MaxValue), isPlain: false, depth: 1)
{
    public Language? Body { get; set; }

    internal override int StructureHash => Id;

    internal override bool IsSame(Language other) => ReferenceEquals(this, other);

    private protected override TextStep[] Derive() => Body!.Moves;
}
