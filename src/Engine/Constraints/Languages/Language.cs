namespace Engine.Constraints.Languages;

/// <summary>A regular language over Unicode code points. It is also the initial state of its own automaton: what may follow a text is
/// again a language, the derivative (Brzozowski, 1964; Owens, Reppy and Turon, 2009). Languages are made by a <see cref="LanguageSpace"/>,
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

    /// <summary>True if the language has all texts but finitely many, because then any text can be completed, whatever was read.</summary>
    public sealed override bool TakesAnything => _takesAnything ??= IsCofinite();

    /// <summary>Bounds on the lengths of its texts in code points. No text is shorter or longer, but the bounds need not be tight.</summary>
    public Lengths Lengths { get; }

    internal LanguageSpace Space { get; }

    /// <summary>Gives the languages of a space an order.</summary>
    internal int Id { get; }

    /// <summary>Whether it has no intersections or complements. Then it has a text, unless it is <see cref="LanguageSpace.Nothing"/>.</summary>
    internal bool IsPlain { get; }

    /// <summary>How deeply the expression nests, not counting the second halves of sequences.</summary>
    internal int Depth { get; }

    /// <summary>The number of expressions in it, each counted as often as it occurs.</summary>
    internal int Size { get; }

    internal Life Life { get; set; }

    /// <summary>The code points that lead to a text, if one had to be searched for.</summary>
    internal Witness? Witness { get; set; }

    /// <summary>What may come next, including states from which no text can be completed.</summary>
    internal TextStep[] Moves => _moves ??= FindMoves();

    /// <summary>Whether another expression, which is not in the space yet, equals this one.</summary>
    internal abstract bool IsSame(Language other);

    /// <summary>A hash that is equal for equal expressions.</summary>
    internal abstract int StructureHash { get; }

    /// <summary>What the liveness of the parts tells about the whole.</summary>
    internal virtual Life LifeOfParts() => Life.Unknown;

    private protected abstract TextStep[] Derive();

    /// <summary>Whether the expression shows that all texts but finitely many are in the language.</summary>
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
            // The step that was found to lead to a text still does so after the space has forgotten its states.
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

    /// <summary>A bounded search found no text. Treated as dead, so that whatever is written can always be completed.</summary>
    Undecided,
}

/// <summary>A chain of code points, the last of which leads to a language that is known to have a text.</summary>
internal sealed record Witness(int CodePoint, Witness? Rest);

/// <summary>The minimum and maximum number of code points; <see cref="int.MaxValue"/> means no maximum.</summary>
internal readonly record struct Lengths(int Min, int Max)
{
    public static Lengths operator +(Lengths a, Lengths b) => new(Add(a.Min, b.Min), Add(a.Max, b.Max));

    public Lengths Times(int min, int? max) => new(Multiply(Min, min), max is { } m ? Multiply(Max, m) : Max == 0 ? 0 : int.MaxValue);

    private static int Add(int a, int b) => (int)Math.Min((long)a + b, int.MaxValue);

    private static int Multiply(int a, int b) => (int)Math.Min((long)a * b, int.MaxValue);
}
