namespace Engine.Constraints.Schemas;

/// <summary>Values of a type that has parts, as alternatives: in each, all of some facts hold.</summary>
internal abstract class FactsReading<T>(SchemaCompiler compiler) : Combination<T[]>(compiler) where T : class
{
    /// <summary>What asks nothing.</summary>
    protected abstract T Any { get; }

    protected override T[] All => _all ??= [Any];

    protected override T[] None => [];

    private T[]? _all;

    /// <summary>Whether a value may meet the literals, as far as is found out quickly.</summary>
    public bool MayBeMet(IReadOnlyList<Literal> literals)
    {
        foreach (T facts in Of(literals))
        {
            if (!IsSurelyEmpty(facts))
            {
                return true;
            }
        }
        return false;
    }

    protected abstract T Meet(T a, T b);

    /// <summary>How many steps it takes to look at the facts.</summary>
    protected abstract int SizeOf(T facts);

    /// <summary>Whether a glance shows that nothing can meet both.</summary>
    protected virtual bool AreSurelyDisjoint(T a, T b) => false;

    /// <summary>Whether nothing can meet the facts; false if that is not found out.</summary>
    protected abstract bool IsSurelyEmpty(T facts);

    protected override bool IsNone(T[] set) => set.Length == 0;

    protected override T[] And(T[] a, T[] b)
    {
        if (a is [var only] && only == Any)
        {
            return b;
        }
        if (b is [var other] && other == Any)
        {
            return a;
        }
        List<T> met = [];
        foreach (T left in a)
        {
            foreach (T right in b)
            {
                T both = Meet(left, right);
                Compiler.Count(SizeOf(both));
                if (!IsSurelyEmpty(both))
                {
                    Add(met, both);
                }
            }
        }
        return [.. met];
    }

    protected override T[] Or(List<T[]> options)
    {
        List<T> all = [];
        foreach (T[] option in options)
        {
            foreach (T facts in option)
            {
                if (facts == Any)
                {
                    return All;
                }
                Add(all, facts);
            }
        }
        return [.. all];
    }

    protected override T[] OrApart(List<T[]> options)
    {
        List<T> all = [];
        foreach (T[] option in options)
        {
            foreach (T facts in option)
            {
                Add(all, facts);
            }
        }
        return [.. all];
    }

    protected override bool AreDisjoint(T[] a, T[] b)
    {
        foreach (T left in a)
        {
            foreach (T right in b)
            {
                if (AreSurelyDisjoint(left, right))
                {
                    continue;
                }
                T both = Meet(left, right);
                Compiler.Count(SizeOf(both));
                if (!IsSurelyEmpty(both))
                {
                    return false;
                }
            }
        }
        return true;
    }

    private void Add(List<T> all, T facts)
    {
        if (all.Contains(facts))
        {
            return;
        }
        Compiler.CountForm(all.Count);
        all.Add(facts);
    }
}
