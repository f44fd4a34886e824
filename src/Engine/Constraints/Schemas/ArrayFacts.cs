namespace Engine.Constraints.Schemas;

/// <summary>What is asked of an array: all of this.</summary>
internal sealed record ArrayFacts
{
    public static readonly ArrayFacts Any = new();

    public ArrayLayer[] Layers { get; init; } = [];

    /// <summary>More that is asked of items at a place.</summary>
    public (int Index, Literal Value)[] Values { get; init; } = [];

    /// <summary>What is asked of every item.</summary>
    public Literal[] Every { get; init; } = [];

    public SomeItems[] Some { get; init; } = [];

    public int Min { get; init; }

    public int Max { get; init; } = int.MaxValue;

    /// <summary>The schema that asks for items that all differ.</summary>
    public SchemaNode? Unique { get; init; }

    /// <summary>The schema that asks for two items that are equal.</summary>
    public SchemaNode? Twins { get; init; }

    /// <summary>How many items have a place of their own.</summary>
    public int PrefixLength
    {
        get
        {
            int length = 0;
            foreach (ArrayLayer layer in Layers)
            {
                length = Math.Max(length, layer.PrefixLength);
            }
            foreach ((int index, _) in Values)
            {
                length = Math.Max(length, index + 1);
            }
            foreach (SomeItems some in Some)
            {
                length = Math.Max(length, some.From);
            }
            return Math.Min(length, Max);
        }
    }

    public static ArrayFacts And(ArrayFacts a, ArrayFacts b) => a == Any ? b : b == Any ? a : new ArrayFacts
    {
        Layers = ObjectFacts.Join(a.Layers, b.Layers),
        Values = ObjectFacts.Join(a.Values, b.Values),
        Every = ObjectFacts.Join(a.Every, b.Every),
        Some = ObjectFacts.Join(a.Some, b.Some),
        Min = Math.Max(a.Min, b.Min),
        Max = Math.Min(a.Max, b.Max),
        Unique = a.Unique ?? b.Unique,
        Twins = a.Twins ?? b.Twins,
    };
}

/// <summary>How many items of a kind there are.</summary>
/// <param name="Value">What they are.</param>
/// <param name="Min">How many at least.</param>
/// <param name="Max">At most; null for any number.</param>
/// <param name="From">The first place that counts.</param>
internal sealed record SomeItems(Literal Value, int Min, int? Max, int From);

/// <summary>What one schema says of items.</summary>
/// <param name="Prefix">The items with a place of their own.</param>
/// <param name="Items">The others; null for anything.</param>
/// <param name="Covered">For unevaluatedItems, what its schema's other keywords say in one alternative: it speaks of what they leave unsaid.</param>
internal sealed record ArrayLayer(SchemaNode[] Prefix, SchemaNode? Items, ArrayLayer[]? Covered = null)
{
    /// <summary>Whether the schema evaluates items, as far as one around it asks.</summary>
    public bool IsAnnotated { get; init; } = true;

    /// <summary>Whether the schema evaluates items through contains, wherever they stand.</summary>
    public bool HasContains { get; init; }

    public int PrefixLength
    {
        get
        {
            int length = Prefix.Length;
            foreach (ArrayLayer layer in Covered ?? [])
            {
                length = Math.Max(length, layer.PrefixLength);
            }
            return length;
        }
    }

    public void Ask(int index, LiteralList asked)
    {
        if (index < Prefix.Length)
        {
            asked.Add(Prefix[index]);
        }
        else if (Items is not null && !Array.Exists(Covered ?? [], layer => layer.Covers(index)))
        {
            asked.Add(Items);
        }
    }

    private bool Covers(int index) => IsAnnotated && (index < Prefix.Length || Items is not null);
}
