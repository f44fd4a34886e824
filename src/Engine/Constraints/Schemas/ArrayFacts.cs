namespace Engine.Constraints.Schemas;

/// <summary>Conditions on an array, all of which must hold.</summary>
internal sealed record ArrayFacts
{
    public static readonly ArrayFacts Any = new();

    public ArrayLayer[] Layers { get; init; } = [];

    /// <summary>Further conditions on the items at certain positions.</summary>
    public (int Index, Literal Value)[] Values { get; init; } = [];

    /// <summary>The conditions on every item.</summary>
    public Literal[] Every { get; init; } = [];

    public SomeItems[] Some { get; init; } = [];

    public int Min { get; init; }

    public int Max { get; init; } = int.MaxValue;

    /// <summary>The schema that requires all items to differ.</summary>
    public SchemaNode? Unique { get; init; }

    /// <summary>The schema that requires two equal items.</summary>
    public SchemaNode? Twins { get; init; }

    /// <summary>How many items have their own positions.</summary>
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

/// <summary>A condition on the number of items of a kind.</summary>
/// <param name="Value">What they are.</param>
/// <param name="Min">The minimum number.</param>
/// <param name="Max">The maximum number; null for any.</param>
/// <param name="From">The first position that counts.</param>
internal sealed record SomeItems(Literal Value, int Min, int? Max, int From);

/// <summary>What one schema says about items.</summary>
/// <param name="Prefix">The items with their own positions.</param>
/// <param name="Items">The other items; null if they may be anything.</param>
/// <param name="Covered">For unevaluatedItems, what the schema's other keywords say in one alternative: unevaluatedItems applies to the items they do not cover.</param>
internal sealed record ArrayLayer(SchemaNode[] Prefix, SchemaNode? Items, ArrayLayer[]? Covered = null)
{
    /// <summary>Whether the schema evaluates items, in the sense of an unevaluatedItems around it.</summary>
    public bool IsAnnotated { get; init; } = true;

    /// <summary>Whether the schema evaluates items through contains, at any position.</summary>
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
