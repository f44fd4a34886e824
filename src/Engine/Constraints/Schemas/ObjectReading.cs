using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>Reads schemas of objects as alternatives.</summary>
internal sealed class ObjectReading(SchemaCompiler compiler) : FactsReading<ObjectFacts>(compiler)
{
    private readonly Dictionary<SchemaNode, ObjectLayer> _layers = [];
    private readonly Dictionary<ObjectFacts, List<(string, HashSet<string>)>> _constants = new(ReferenceEqualityComparer.Instance);

    protected override JsonTypes Type => JsonTypes.Object;

    protected override ObjectFacts Any => ObjectFacts.Any;

    private LanguageSpace Space => Compiler.Space;

    protected override ObjectFacts Meet(ObjectFacts a, ObjectFacts b) => ObjectFacts.And(Space, a, b);

    protected override int SizeOf(ObjectFacts facts) => 1 + facts.Values.Length + facts.Layers.Length;

    /// <summary>Whether some property that both require, such as a discriminator, has no constant in common.</summary>
    protected override bool AreSurelyDisjoint(ObjectFacts a, ObjectFacts b)
    {
        foreach ((string name, HashSet<string> constants) in ConstantsOf(a))
        {
            foreach ((string other, HashSet<string> others) in ConstantsOf(b))
            {
                if (name == other && !constants.Overlaps(others))
                {
                    return true;
                }
            }
        }
        return false;
    }

    private List<(string, HashSet<string>)> ConstantsOf(ObjectFacts facts)
    {
        if (_constants.TryGetValue(facts, out List<(string, HashSet<string>)>? known))
        {
            return known;
        }
        known = [];
        foreach (string name in facts.Required)
        {
            foreach (Literal literal in Asked(facts, name).All)
            {
                if (literal.IsMet && literal.Node.Constants is HashSet<string> constants)
                {
                    known.Add((name, constants));
                }
            }
        }
        return _constants[facts] = known;
    }

    protected override bool IsSurelyEmpty(ObjectFacts facts)
    {
        if (facts.Contradicts)
        {
            return true;
        }
        foreach (string name in facts.Required)
        {
            if ((facts.Names is not null && !Space.Contains(facts.Names, name)) || !Compiler.MayBeMet(Asked(facts, name)))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The conditions on a property's value.</summary>
    public LiteralList Asked(ObjectFacts facts, string name)
    {
        LiteralList asked = new(Compiler.Document);
        foreach (ObjectLayer layer in facts.Layers)
        {
            layer.Ask(name, names => Space.Contains(names, name), asked);
        }
        foreach ((string of, Literal value) in facts.Values)
        {
            if (of == name)
            {
                asked.Add(value);
            }
        }
        return asked;
    }

    protected override ObjectFacts[] Own(SchemaNode node)
    {
        if (!node.HasObjectKeywords && node.Enums is null)
        {
            return All;
        }
        ObjectFacts[] set = [new ObjectFacts
        {
            Layers = LayerOf(node) is ObjectLayer layer ? [layer] : [],
            Required = node.Required ?? [],
            Names = NamesOf(node),
            Min = node.MinProperties,
            Max = node.MaxProperties ?? int.MaxValue,
        }];
        if (set[0].Contradicts)
        {
            return None;
        }
        foreach ((string name, string[] required) in node.DependentRequired ?? [])
        {
            set = And(set, [new ObjectFacts { Forbidden = [name] }, new ObjectFacts { Required = ObjectFacts.Join([name], required) }]);
        }
        foreach ((string name, SchemaNode schema) in node.DependentSchemas ?? [])
        {
            ObjectFacts[] present = And([new ObjectFacts { Required = [name] }], Of(schema, true, Compiler.Document.AsksForUnevaluated));
            set = And(set, [new ObjectFacts { Forbidden = [name] }, .. present]);
        }
        foreach (JsonElement[] values in node.Enums ?? [])
        {
            List<ObjectFacts[]> equal = [];
            foreach (JsonElement value in values)
            {
                if (value.ValueKind == JsonValueKind.Object)
                {
                    Compiler.CountForm(equal.Count);
                    equal.Add(Unannotated(Own(Compiler.Equal(node, value))));
                }
            }
            set = And(set, Or(equal));
        }
        return set;
    }

    protected override ObjectFacts[] NotOwn(SchemaNode node)
    {
        List<ObjectFacts[]> options = [];
        foreach (string name in node.Required ?? [])
        {
            options.Add([new ObjectFacts { Forbidden = [name] }]);
        }
        foreach ((string name, SchemaNode value) in node.Properties ?? [])
        {
            options.Add([new ObjectFacts { Required = [name], Values = [(name, new Literal(value, false))] }]);
        }
        List<Language> unnamed = [];
        foreach ((string pattern, SchemaNode value) in node.PatternProperties ?? [])
        {
            Language names = Compiler.Pattern(node, "patternProperties", pattern);
            unnamed.Add(Space.Not(names));
            options.Add([new ObjectFacts { Some = [new SomeProperty(names, new Literal(value, false))] }]);
        }
        if (node.AdditionalProperties is not null)
        {
            unnamed.Add(Space.Not(Space.Texts(node.Properties?.Select(property => property.Name) ?? [])));
            options.Add([new ObjectFacts { Some = [new SomeProperty(Space.Both([.. unnamed]), new Literal(node.AdditionalProperties, false))] }]);
        }
        if (NamesOf(node) is Language allowed)
        {
            options.Add([new ObjectFacts { Some = [new SomeProperty(Space.Not(allowed), null)] }]);
        }
        if (node.MinProperties > 0)
        {
            options.Add([new ObjectFacts { Max = node.MinProperties - 1 }]);
        }
        if (node.MaxProperties is int max and < int.MaxValue)
        {
            options.Add([new ObjectFacts { Min = max + 1 }]);
        }
        foreach ((string name, string[] required) in node.DependentRequired ?? [])
        {
            foreach (string other in required)
            {
                options.Add([new ObjectFacts { Required = [name], Forbidden = [other] }]);
            }
        }
        foreach ((string name, SchemaNode schema) in node.DependentSchemas ?? [])
        {
            options.Add(And([new ObjectFacts { Required = [name] }], Of(schema, false)));
        }
        foreach (JsonElement[] values in node.Enums ?? [])
        {
            ObjectFacts[] unequal = All;
            foreach (JsonElement value in values)
            {
                if (value.ValueKind == JsonValueKind.Object)
                {
                    unequal = And(unequal, NotOwn(Compiler.Equal(node, value)));
                }
            }
            options.Add(unequal);
        }
        // A property whose value has to meet the impossible cannot be there.
        options.RemoveAll(option => option is [{ Values: [(_, Literal value)] }] && Never(value));
        options.RemoveAll(option => option is [{ Some: [{ Value: Literal value }] }] && Never(value));
        return Or(options);
    }

    protected override bool SeesUnevaluated(SchemaNode node) => node.UnevaluatedProperties is not null;

    protected override ObjectFacts[] WithUnevaluated(SchemaNode node, ObjectFacts[] set)
    {
        var all = new ObjectFacts[set.Length];
        for (int i = 0; i < set.Length; i++)
        {
            all[i] = set[i] with { Layers = [.. set[i].Layers, new UnevaluatedPropertiesLayer(node.UnevaluatedProperties!, set[i].Layers)] };
        }
        return all;
    }

    protected override ObjectFacts[] Unannotated(ObjectFacts[] set) =>
        !Compiler.Document.AsksForUnevaluated ? set : Array.ConvertAll(set, facts => facts.Layers.Length == 0 ? facts
            : facts with { Layers = Array.ConvertAll<ObjectLayer, ObjectLayer>(facts.Layers, layer => new UnannotatedLayer(layer)) });

    private bool Never(Literal value)
    {
        LiteralList asked = new(Compiler.Document);
        asked.Add(value);
        return asked.IsNever;
    }

    private Language? NamesOf(SchemaNode node) =>
        node.PropertyNames is null || Compiler.Strings.Of(node.PropertyNames) is var names && ReferenceEquals(names, Space.Anything) ? null : names;

    private ObjectLayer? LayerOf(SchemaNode node)
    {
        if (node.Properties is null && node.PatternProperties is null && node.AdditionalProperties is null)
        {
            return null;
        }
        if (!_layers.TryGetValue(node, out ObjectLayer? layer))
        {
            var patterns = new (Language, SchemaNode)[node.PatternProperties?.Count ?? 0];
            for (int i = 0; i < patterns.Length; i++)
            {
                (string pattern, SchemaNode value) = node.PatternProperties![i];
                patterns[i] = (Compiler.Pattern(node, "patternProperties", pattern), value);
            }
            _layers[node] = layer = new PropertiesLayer(node, patterns);
        }
        return layer;
    }
}
