using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>What one schema says about the properties of an object, whatever their names.</summary>
internal abstract class ObjectLayer
{
    /// <summary>Adds the names that the schema lists, in its order.</summary>
    public virtual void AddNames(List<string> names, HashSet<string> known)
    {
    }

    /// <summary>Adds the languages of names that the schema's patterns match.</summary>
    public virtual void AddPatterns(List<Language> patterns)
    {
    }

    /// <summary>Adds the conditions on a property's value.</summary>
    /// <param name="name">Its name; null for a name that no layer lists.</param>
    /// <param name="matches">Tells whether the name is in the language of a pattern.</param>
    /// <param name="asked">Receives the conditions.</param>
    public abstract void Ask(string? name, Func<Language, bool> matches, LiteralList asked);

    /// <summary>Whether this schema evaluates a property, so that an unevaluatedProperties around it does not apply.</summary>
    public abstract bool Covers(string? name, Func<Language, bool> matches);
}

/// <summary>A schema's properties, patternProperties and additionalProperties.</summary>
internal sealed class PropertiesLayer(SchemaNode node, (Language Names, SchemaNode Value)[] patterns) : ObjectLayer
{
    public override void AddNames(List<string> names, HashSet<string> known)
    {
        foreach ((string name, _) in node.Properties ?? [])
        {
            if (known.Add(name))
            {
                names.Add(name);
            }
        }
    }

    public override void AddPatterns(List<Language> all)
    {
        foreach ((Language names, _) in patterns)
        {
            if (!all.Contains(names))
            {
                all.Add(names);
            }
        }
    }

    public override void Ask(string? name, Func<Language, bool> matches, LiteralList asked)
    {
        bool isCovered = false;
        if (name is not null && node.PropertyOf(name) is SchemaNode value)
        {
            asked.Add(value);
            isCovered = true;
        }
        foreach ((Language names, SchemaNode schema) in patterns)
        {
            if (matches(names))
            {
                asked.Add(schema);
                isCovered = true;
            }
        }
        if (!isCovered && node.AdditionalProperties is not null)
        {
            asked.Add(node.AdditionalProperties);
        }
    }

    public override bool Covers(string? name, Func<Language, bool> matches) =>
        node.AdditionalProperties is not null || (name is not null && node.PropertyOf(name) is not null) || patterns.Any(pattern => matches(pattern.Names));
}

/// <summary>A schema's unevaluatedProperties, with what its other keywords evaluate in one alternative.</summary>
internal sealed class UnevaluatedPropertiesLayer(SchemaNode schema, ObjectLayer[] covered) : ObjectLayer
{
    public override void Ask(string? name, Func<Language, bool> matches, LiteralList asked)
    {
        if (!covered.Any(layer => layer.Covers(name, matches)))
        {
            asked.Add(schema);
        }
    }

    public override bool Covers(string? name, Func<Language, bool> matches) => true;
}

/// <summary>A schema under a not, which sets conditions but evaluates nothing.</summary>
internal sealed class UnannotatedLayer(ObjectLayer layer) : ObjectLayer
{
    public override void AddNames(List<string> names, HashSet<string> known) => layer.AddNames(names, known);

    public override void AddPatterns(List<Language> patterns) => layer.AddPatterns(patterns);

    public override void Ask(string? name, Func<Language, bool> matches, LiteralList asked) => layer.Ask(name, matches, asked);

    public override bool Covers(string? name, Func<Language, bool> matches) => false;
}
