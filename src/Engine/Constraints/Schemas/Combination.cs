namespace Engine.Constraints.Schemas;

/// <summary>Combines what schemas say about the values of one type. allOf, anyOf, oneOf, not, if and references work the same way for every type.</summary>
/// <typeparam name="T">A set of values of the type.</typeparam>
internal abstract class Combination<T>(SchemaCompiler compiler)
{
    private readonly Dictionary<(SchemaNode, bool, bool), T> _known = [];
    private int _depth;

    protected SchemaCompiler Compiler { get; } = compiler;

    protected abstract JsonTypes Type { get; }

    protected abstract T All { get; }

    protected abstract T None { get; }

    protected abstract bool IsNone(T set);

    protected abstract T And(T a, T b);

    protected abstract T Or(List<T> options);

    /// <summary>The same union with each option kept apart, for when it matters which of them holds.</summary>
    protected virtual T OrApart(List<T> options) => Or(options);

    /// <summary>The set without what its schemas evaluate, because under a not nothing counts as evaluated.</summary>
    protected virtual T Unannotated(T set) => set;

    /// <summary>What a schema's own keywords say, apart from its types.</summary>
    protected abstract T Own(SchemaNode node);

    /// <summary>The values that violate at least one of the schema's own keywords.</summary>
    protected abstract T NotOwn(SchemaNode node);

    /// <summary>True only if it is certain that no value is in both.</summary>
    protected abstract bool AreDisjoint(T a, T b);

    /// <summary>Whether the schema has a keyword for what its other keywords leave unevaluated.</summary>
    protected virtual bool SeesUnevaluated(SchemaNode node) => false;

    protected virtual T WithUnevaluated(SchemaNode node, T set) => set;

    /// <summary>The values that meet all literals.</summary>
    public T Of(IReadOnlyList<Literal> literals)
    {
        T set = All;
        foreach (Literal literal in literals)
        {
            set = And(set, Of(literal.Node, literal.IsMet));
            if (IsNone(set))
            {
                break;
            }
        }
        return set;
    }

    /// <param name="node">A schema.</param>
    /// <param name="isMet">Whether the values meet the schema or violate it.</param>
    /// <param name="annotates">Whether it matters which branches hold, because a schema around this one depends on what was left unevaluated.</param>
    public T Of(SchemaNode node, bool isMet = true, bool annotates = false)
    {
        Compiler.Document.Read(node);
        if ((node.Types & Type) == 0)
        {
            return isMet ? None : All;
        }
        if (_known.TryGetValue((node, isMet, annotates), out T? known))
        {
            return known;
        }
        if (++_depth > SchemaLimits.Deepest)
        {
            throw SchemaRefusal.At(node.Path, $"a schema leads back to itself, or through more than {SchemaLimits.Deepest} others, without a property or an item between,");
        }
        SchemaNode? around = Compiler.Enter(node);
        T set = isMet ? Met(node, annotates) : Broken(node);
        Compiler.Enter(around);
        _depth--;
        _known[(node, isMet, annotates)] = set;
        return set;
    }

    private T Met(SchemaNode node, bool annotates)
    {
        T set = Own(node);
        if (!node.HasApplicators && !SeesUnevaluated(node))
        {
            return set;
        }
        bool inner = annotates || SeesUnevaluated(node);
        if (node.References is not null)
        {
            foreach ((string keyword, string target) in node.References)
            {
                set = Narrow(set, Compiler.Document.Resolve(node, keyword, target), true, inner);
            }
        }
        foreach (SchemaNode part in node.AllOf ?? [])
        {
            set = Narrow(set, part, true, inner);
        }
        foreach (SchemaNode part in node.Not ?? [])
        {
            set = IsNone(set) ? set : And(set, Unannotated(Of(part, false)));
        }
        if (node.AnyOf is not null && !IsNone(set))
        {
            set = And(set, inner ? SomeOf(node.AnyOf) : AnyOf(node.AnyOf));
        }
        if (node.OneOf is not null && !IsNone(set))
        {
            set = And(set, OneOf(node.OneOf, inner));
        }
        if (node is { If: SchemaNode condition } && (inner || (node.Then ?? node.Else) is not null) && !IsNone(set))
        {
            T then = Narrow(Of(condition, true, inner), node.Then, true, inner);
            T otherwise = Narrow(Unannotated(Of(condition, false)), node.Else, true, inner);
            set = And(set, inner ? OrApart([then, otherwise]) : Or([then, otherwise]));
        }
        return SeesUnevaluated(node) && !IsNone(set) ? WithUnevaluated(node, set) : set;
    }

    private T Narrow(T set, SchemaNode? part, bool isMet, bool annotates) =>
        part is null || IsNone(set) ? set : And(set, Of(part, isMet, annotates));

    private T AnyOf(SchemaNode[] parts)
    {
        List<T> options = new(parts.Length);
        foreach (SchemaNode part in parts)
        {
            options.Add(Of(part));
        }
        return Or(options);
    }

    /// <summary>anyOf when it matters which parts hold: every non-empty subset of them.</summary>
    private T SomeOf(SchemaNode[] parts)
    {
        T some = None, none = All;
        foreach (SchemaNode part in parts)
        {
            T holds = Of(part, true, true);
            some = OrApart([some, And(some, holds), And(none, holds)]);
        }
        return some;
    }

    private T OneOf(SchemaNode[] parts, bool annotates)
    {
        List<(SchemaNode Part, T Set)> branches = new(parts.Length);
        foreach (SchemaNode part in Compiler.Branches(parts))
        {
            T set = Of(part, true, annotates);
            if (!IsNone(set))
            {
                Compiler.CountForm(branches.Count);
                branches.Add((part, set));
            }
        }
        List<T> options = new(branches.Count);
        var overlaps = new bool[branches.Count, branches.Count];
        for (int i = 0; i < branches.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                overlaps[i, j] = overlaps[j, i] = !AreDisjoint(branches[i].Set, branches[j].Set);
            }
        }
        for (int i = 0; i < branches.Count; i++)
        {
            T alone = branches[i].Set;
            for (int j = 0; j < branches.Count && !IsNone(alone); j++)
            {
                if (overlaps[i, j])
                {
                    alone = And(alone, Of(branches[j].Part, false));
                }
            }
            options.Add(alone);
        }
        return annotates ? OrApart(options) : Or(options);
    }

    private T Broken(SchemaNode node)
    {
        if (SeesUnevaluated(node))
        {
            throw SchemaRefusal.Unsupported(node, Type == JsonTypes.Array ? "unevaluatedItems" : "unevaluatedProperties", "found a schema that must not hold (not, oneOf, if) with this keyword");
        }
        List<T> options = [NotOwn(node)];
        foreach ((string keyword, string target) in node.References ?? [])
        {
            options.Add(Of(Compiler.Document.Resolve(node, keyword, target), false));
        }
        foreach (SchemaNode part in node.AllOf ?? [])
        {
            options.Add(Of(part, false));
        }
        foreach (SchemaNode part in node.Not ?? [])
        {
            options.Add(Of(part));
        }
        if (node.AnyOf is not null)
        {
            options.Add(NoneOf(node.AnyOf));
        }
        if (node.OneOf is not null)
        {
            options.Add(NoneOf(node.OneOf));
            for (int i = 0; i < node.OneOf.Length; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    options.Add(And(Of(node.OneOf[i]), Of(node.OneOf[j])));
                }
            }
        }
        if (node is { If: SchemaNode condition } && (node.Then ?? node.Else) is not null)
        {
            options.Add(node.Then is null ? None : And(Of(condition), Of(node.Then, false)));
            options.Add(node.Else is null ? None : And(Of(condition, false), Of(node.Else, false)));
        }
        return Or(options);
    }

    private T NoneOf(SchemaNode[] parts)
    {
        T set = All;
        foreach (SchemaNode part in parts)
        {
            set = Narrow(set, part, false, false);
        }
        return set;
    }
}
