namespace Engine.Constraints.Schemas;

/// <summary>Turns the conditions on an array into items with their own positions and kinds of other items.</summary>
internal sealed class ArrayDrafting(SchemaCompiler compiler)
{
    public void Draft(ArrayFacts facts, List<ArrayDraft> drafts)
    {
        if (facts.Twins is not null)
        {
            throw SchemaRefusal.Unsupported(facts.Twins, "uniqueItems", "found a schema that must not hold (not, oneOf, if) with this keyword");
        }
        switch (facts.Some)
        {
            case []:
                Add(facts, [], new Others(), drafts);
                break;
            case [SomeItems some]:
                Place(facts, some, some.From, 0, [], drafts);
                break;
            case [{ Min: 1, Max: null } one, { Min: 1, Max: null } other] when facts.PrefixLength == 0:
                // Either one item meets both conditions, or there are two items.
                Add(facts, [], new Others([one.Value, other.Value]), drafts);
                Add(facts with { Min = Math.Max(facts.Min, 2) }, [], new Others([one.Value], [other.Value]), drafts);
                break;
            default:
                throw SchemaRefusal.Unsupported(facts.Some[0].Value.Node, "", "found a schema for some item beside another for some item");
        }
    }

    /// <summary>Decides for each position, from a given one on, whether its item counts.</summary>
    private void Place(ArrayFacts facts, SomeItems some, int index, int counted, List<(int, Literal)> placed, List<ArrayDraft> drafts)
    {
        compiler.CountForm(drafts.Count - 1);
        int prefix = facts.PrefixLength;
        if (index == prefix || (some.Max is null && counted == some.Min))
        {
            int left = Math.Max(0, some.Min - counted);
            int min = Math.Max(facts.Min, left > 0 ? prefix + left : placed.FindLast(at => at.Item2.IsMet == some.Value.IsMet) is (int last, { Node: not null }) ? last + 1 : 0);
            Add(facts with { Min = min }, placed, new Others(some.Value, left, some.Max - counted), drafts);
            return;
        }
        if (some.Max is null || counted < some.Max)
        {
            Place(facts, some, index + 1, counted + 1, [.. placed, (index, some.Value)], drafts);
        }
        Place(facts, some, index + 1, counted, some.Max is null ? placed : [.. placed, (index, some.Value with { IsMet = !some.Value.IsMet })], drafts);
    }

    private void Add(ArrayFacts facts, List<(int, Literal)> placed, Others others, List<ArrayDraft> drafts)
    {
        ArrayFacts all = placed.Count == 0 ? facts : facts with { Values = [.. facts.Values, .. placed] };
        bool isCanonical = facts.Unique is not null;
        int max = all.Max;
        List<Goal> prefix = [];
        for (int i = 0; i < all.PrefixLength; i++)
        {
            if (compiler.GoalOf(compiler.Arrays.Asked(all, i), isCanonical) is not Goal item)
            {
                max = i;
                break;
            }
            prefix.Add(item);
        }
        if (all.Min > max)
        {
            return;
        }
        ArrayDraft draft = new() { Prefix = prefix, Min = all.Min, Max = max, Unique = all.Unique };
        foreach ((Literal[] kind, int min, int? most) in others.Kinds)
        {
            LiteralList asked = compiler.Arrays.Asked(all, Math.Max(all.PrefixLength, prefix.Count));
            asked.AddAll(kind);
            Goal? value = max > prefix.Count && most is not 0 ? compiler.GoalOf(asked, isCanonical) : null;
            if (value is not null)
            {
                draft.Others.Add((value, min, most));
            }
            else if (min > 0)
            {
                return;
            }
        }
        drafts.Add(draft);
    }

    /// <summary>The items without their own positions, by kind.</summary>
    private sealed class Others
    {
        public List<(Literal[] Value, int Min, int? Max)> Kinds { get; } = [];

        /// <summary>At least one of each kind, and any.</summary>
        public Others(params ReadOnlySpan<Literal[]> kinds)
        {
            foreach (Literal[] kind in kinds)
            {
                Kinds.Add((kind, 1, null));
            }
            Kinds.Add(([], 0, null));
        }

        /// <summary>This many items that count, and others. If there is a maximum of those that count, the others must not.</summary>
        public Others(Literal counted, int min, int? max)
        {
            if (min > 0 || max > 0)
            {
                Kinds.Add(([counted], min, max));
            }
            Kinds.Add((max is null ? [] : [counted with { IsMet = !counted.IsMet }], 0, null));
        }
    }
}
