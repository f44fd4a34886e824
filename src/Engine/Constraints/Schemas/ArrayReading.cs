using System.Text.Json;

namespace Engine.Constraints.Schemas;

/// <summary>Reads schemas of arrays as alternatives.</summary>
internal sealed class ArrayReading(SchemaCompiler compiler) : FactsReading<ArrayFacts>(compiler)
{
    protected override JsonTypes Type => JsonTypes.Array;

    protected override ArrayFacts Any => ArrayFacts.Any;

    protected override ArrayFacts Meet(ArrayFacts a, ArrayFacts b) => ArrayFacts.And(a, b);

    protected override int SizeOf(ArrayFacts facts) => 1 + facts.Values.Length + facts.Layers.Length;

    protected override bool IsSurelyEmpty(ArrayFacts facts)
    {
        if (facts.Min > facts.Max || (facts.Twins is not null && (facts.Unique is not null || facts.Max < 2)))
        {
            return true;
        }
        int first = Math.Min(facts.Min, facts.PrefixLength + 1);
        for (int i = 0; i < first; i++)
        {
            if (!Compiler.MayBeMet(Asked(facts, i)))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The conditions on the item at a position.</summary>
    public LiteralList Asked(ArrayFacts facts, int index)
    {
        LiteralList asked = new(Compiler.Document);
        foreach (ArrayLayer layer in facts.Layers)
        {
            layer.Ask(index, asked);
        }
        foreach ((int at, Literal value) in facts.Values)
        {
            if (at == index)
            {
                asked.Add(value);
            }
        }
        asked.AddAll(facts.Every);
        return asked;
    }

    protected override ArrayFacts[] Own(SchemaNode node)
    {
        if (!node.HasArrayKeywords && node.Enums is null)
        {
            return All;
        }
        List<SomeItems> some = [];
        List<Literal> every = [];
        int min = node.MinItems;
        if (node.Contains is not null)
        {
            Count(node.Contains, node.MinContains, node.MaxContains, some, every);
            min = Math.Max(min, node.MinContains);
        }
        ArrayFacts[] set = [new ArrayFacts
        {
            Layers = node.Prefix is null && node.Items is null && !(node.Contains is not null && Compiler.Document.AsksForUnevaluated)
                ? [] : [new ArrayLayer(node.Prefix ?? [], node.Items) { HasContains = node.Contains is not null }],
            Every = [.. every],
            Some = [.. some],
            Min = min,
            Max = node.MaxItems ?? int.MaxValue,
            Unique = node.IsUnique ? node : null,
        }];
        if (set[0].Min > set[0].Max || (node.Contains is not null && node.MinContains > node.MaxContains))
        {
            return None;
        }
        foreach (JsonElement[] values in node.Enums ?? [])
        {
            List<ArrayFacts[]> equal = [];
            foreach (JsonElement value in values)
            {
                if (value.ValueKind == JsonValueKind.Array)
                {
                    Compiler.CountForm(equal.Count);
                    equal.Add(Unannotated(Own(Compiler.Equal(node, value))));
                }
            }
            set = And(set, Or(equal));
        }
        return set;
    }

    protected override ArrayFacts[] NotOwn(SchemaNode node)
    {
        List<ArrayFacts[]> options = [];
        for (int i = 0; i < node.Prefix?.Length; i++)
        {
            options.Add([new ArrayFacts { Min = i + 1, Values = [(i, new Literal(node.Prefix[i], false))] }]);
        }
        if (node.Items is not null)
        {
            int from = node.Prefix?.Length ?? 0;
            options.Add([new ArrayFacts { Min = from + 1, Some = [new SomeItems(new Literal(node.Items, false), 1, null, from)] }]);
        }
        if (node.Contains is not null && node.MinContains > 0)
        {
            List<SomeItems> fewer = [];
            List<Literal> every = [];
            Count(node.Contains, 0, node.MinContains - 1, fewer, every);
            options.Add([new ArrayFacts { Some = [.. fewer], Every = [.. every] }]);
        }
        if (node.Contains is not null && node.MaxContains is int most and < SchemaReader.MaxAsked)
        {
            options.Add([new ArrayFacts { Min = most + 1, Some = [new SomeItems(new Literal(node.Contains, true), most + 1, null, 0)] }]);
        }
        if (node.MinItems > 0)
        {
            options.Add([new ArrayFacts { Max = node.MinItems - 1 }]);
        }
        if (node.MaxItems is int max and < int.MaxValue)
        {
            options.Add([new ArrayFacts { Min = max + 1 }]);
        }
        if (node.IsUnique)
        {
            options.Add([new ArrayFacts { Min = 2, Twins = node }]);
        }
        foreach (JsonElement[] values in node.Enums ?? [])
        {
            ArrayFacts[] unequal = All;
            foreach (JsonElement value in values)
            {
                if (value.ValueKind == JsonValueKind.Array)
                {
                    unequal = And(unequal, NotOwn(Compiler.Equal(node, value)));
                }
            }
            options.Add(unequal);
        }
        return Or(options);
    }

    protected override bool SeesUnevaluated(SchemaNode node) => node.UnevaluatedItems is not null;

    protected override ArrayFacts[] WithUnevaluated(SchemaNode node, ArrayFacts[] set)
    {
        var all = new ArrayFacts[set.Length];
        for (int i = 0; i < set.Length; i++)
        {
            if (Array.Exists(set[i].Layers, layer => layer.HasContains))
            {
                throw SchemaRefusal.Unsupported(node, "unevaluatedItems", "found this keyword beside contains");
            }
            all[i] = set[i] with { Layers = [.. set[i].Layers, new ArrayLayer([], node.UnevaluatedItems, set[i].Layers)] };
        }
        return all;
    }

    protected override ArrayFacts[] Unannotated(ArrayFacts[] set) =>
        !Compiler.Document.AsksForUnevaluated ? set : Array.ConvertAll(set, facts => facts.Layers.Length == 0 ? facts
            : facts with { Layers = Array.ConvertAll(facts.Layers, layer => layer with { IsAnnotated = false, HasContains = false }) });

    private static void Count(SchemaNode value, int min, int? max, List<SomeItems> some, List<Literal> every)
    {
        if (max == 0)
        {
            every.Add(new Literal(value, false));
        }
        else if (min > 0 || max is not null)
        {
            some.Add(new SomeItems(new Literal(value, true), min, max, 0));
        }
    }
}
