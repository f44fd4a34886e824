namespace Engine.Constraints.Schemas;

/// <summary>Reads schemas of arrays or objects as alternatives. In each alternative, all of its facts hold.</summary>
internal abstract class FactsReading<T>(SchemaCompiler compiler) : Combination<T[]>(compiler) where T : class
{
    /// <summary>The facts that require nothing.</summary>
    protected abstract T Any { get; }

    protected override T[] All => _all ??= [Any];

    protected override T[] None => [];

    private T[]? _all;

    /// <summary>Whether a value may meet the literals, as far as a quick look can tell.</summary>
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

    /// <summary>How many steps looking at the facts counts as.</summary>
    protected abstract int SizeOf(T facts);

    /// <summary>Whether a quick look shows that nothing can meet both.</summary>
    protected virtual bool AreSurelyDisjoint(T a, T b) => false;

    /// <summary>True only if it is certain that nothing can meet the facts.</summary>
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
