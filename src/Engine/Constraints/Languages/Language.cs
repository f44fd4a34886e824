namespace Engine.Constraints.Languages;

/// <summary>A regular language over Unicode code points, and at once the state of its automaton in which nothing was read yet: what may
/// follow a text is a language again, its derivative (Brzozowski, 1964; Owens, Reppy and Turon, 2009). Made by a <see cref="LanguageSpace"/>,
/// in which equal expressions are one object.</summary>
internal abstract class Language : TextState
{
    private TextStep[]? _moves, _steps;
    private bool? _takesAnything;

    private protected Language(LanguageSpace space, bool accepts, Lengths lengths, bool isPlain, int depth, long size = 1)
    {
        Space = space;
        Accepts = accepts;
        Lengths = lengths;
        IsPlain = isPlain;
        Depth = depth;
        Size = (int)Math.Min(size, int.MaxValue);
        Id = space.NextId();
    }

    public sealed override bool Accepts { get; }

    public sealed override TextStep[] Steps => _steps ?? Space.FindSteps(this);

    /// <summary>All texts but finitely many: then what was read never matters for whether a text can be completed.</summary>
    public sealed override bool TakesAnything => _takesAnything ??= IsCofinite();

    /// <summary>Code points of its texts: no text is shorter or longer, but the bounds may be loose.</summary>
    public Lengths Lengths { get; }

    internal LanguageSpace Space { get; }

    /// <summary>Orders the languages of a space.</summary>
    internal int Id { get; }

    /// <summary>Free of intersections and complements: then there is a text, unless it is <see cref="LanguageSpace.Nothing"/>.</summary>
    internal bool IsPlain { get; }

    /// <summary>How deep the expression nests, the second halves of sequences not counted.</summary>
    internal int Depth { get; }

    /// <summary>Expressions in it, each counted as often as it is written.</summary>
    internal int Size { get; }

    internal Life Life { get; set; }

    /// <summary>What leads to a text, where that had to be searched for.</summary>
    internal Witness? Witness { get; set; }

    /// <summary>What may come next, states from which nothing can be completed included.</summary>
    internal TextStep[] Moves => _moves ??= FindMoves();

    /// <summary>Whether another expression, not in the space yet, is this one.</summary>
    internal abstract bool IsSame(Language other);

    /// <summary>A hash that is equal for equal expressions.</summary>
    internal abstract int StructureHash { get; }

    /// <summary>What the life of the parts says of the whole.</summary>
    internal virtual Life LifeOfParts() => Life.Unknown;

    private protected abstract TextStep[] Derive();

    /// <summary>Whether all texts but finitely many are in it, as far as the expression shows.</summary>
    private protected virtual bool IsCofinite() => ReferenceEquals(this, Space.Anything);

    internal void DropSteps()
    {
        _moves = null;
        _steps = null;
    }

    internal TextStep[] KeepSteps(TextStep[] steps) => _steps = steps;

    private TextStep[] FindMoves()
    {
        TextStep[] moves = Derive();
        Space.HasMoves(this);
        if (Witness is { } witness)
        {
            // The step that was found to lead to a text keeps leading there, also after the space has forgotten its states.
            foreach (TextStep move in moves)
            {
                if (move.First <= witness.CodePoint && witness.CodePoint <= move.Last)
                {
                    var next = (Language)move.Next;
                    if (next.Life is not Life.Alive)
                    {
                        next.Life = Life.Alive;
                        next.Witness = witness.Rest;
                    }
                }
            }
        }
        return moves;
    }
}

/// <summary>Whether some text can still be completed.</summary>
internal enum Life : byte
{
    Unknown,
    Alive,
    Dead,

    /// <summary>A bounded search found none: taken for dead, so that what is written can always be ended.</summary>
    Undecided,
}

/// <summary>Code points of which the last leads to a language that plainly has a text.</summary>
internal sealed record Witness(int CodePoint, Witness? Rest);

/// <summary>The least and the greatest number of code points; <see cref="int.MaxValue"/> for any number.</summary>
internal readonly record struct Lengths(int Min, int Max)
{
    public static Lengths operator +(Lengths a, Lengths b) => new(Add(a.Min, b.Min), Add(a.Max, b.Max));

    public Lengths Times(int min, int? max) => new(Multiply(Min, min), max is { } m ? Multiply(Max, m) : Max == 0 ? 0 : int.MaxValue);

    private static int Add(int a, int b) => (int)Math.Min((long)a + b, int.MaxValue);

    private static int Multiply(int a, int b) => (int)Math.Min((long)a * b, int.MaxValue);
}
