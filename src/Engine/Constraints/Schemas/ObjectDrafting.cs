using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>Turns the conditions on an object into named properties and kinds of other properties.</summary>
internal sealed class ObjectDrafting(SchemaCompiler compiler)
{
    /// <summary>The maximum number of kinds of unnamed properties that patterns distinguish.</summary>
    private const int MaxKinds = 64;

    private LanguageSpace Space => compiler.Space;

    public void Draft(ObjectFacts facts, List<ObjectDraft> drafts) => Draft(facts, facts.Some, [], drafts);

    /// <summary>Decides for each property that must exist whether it is a named or an unnamed one.</summary>
    private void Draft(ObjectFacts facts, ReadOnlySpan<SomeProperty> open, List<SomeProperty> unnamed, List<ObjectDraft> drafts)
    {
        compiler.CountForm(drafts.Count - 1);
        if (open.Length == 0)
        {
            Add(facts, unnamed, drafts);
            return;
        }
        SomeProperty some = open[0];
        foreach (string name in NamesOf(facts))
        {
            if (Array.IndexOf(facts.Forbidden, name) < 0 && Space.Contains(some.Names, name))
            {
                ObjectFacts named = new() { Required = [name], Values = some.Value is Literal value ? [(name, value)] : [] };
                Draft(ObjectFacts.And(Space, facts, named), open[1..], unnamed, drafts);
            }
        }
        Draft(facts, open[1..], [.. unnamed, some], drafts);
    }

    private void Add(ObjectFacts facts, List<SomeProperty> unnamed, List<ObjectDraft> drafts)
    {
        if (facts.Contradicts)
        {
            return;
        }
        ObjectDraft draft = new() { Min = facts.Min, Max = facts.Max };
        HashSet<string> required = new(facts.Required, StringComparer.Ordinal);
        List<string> names = NamesOf(facts);
        foreach (string name in names)
        {
            bool isRequired = required.Contains(name);
            bool isForbidden = Array.IndexOf(facts.Forbidden, name) >= 0 || (facts.Names is not null && !Space.Contains(facts.Names, name));
            Goal? value = isForbidden ? null : compiler.GoalOf(compiler.Objects.Asked(facts, name));
            if (value is not null)
            {
                draft.Properties.Add((name, value, isRequired));
            }
            else if (isRequired)
            {
                return;
            }
        }
        compiler.CountProperties(draft.Properties.Count);
        List<Kind> kinds = KindsOf(facts, names, unnamed);
        foreach (Kind kind in kinds)
        {
            draft.Others.Add((kind.Names, kind.Value, 0));
        }
        if (unnamed.Count == 0)
        {
            drafts.Add(draft);
            return;
        }
        Choose(draft, kinds, unnamed, 0, new int[kinds.Count], drafts);
    }

    /// <summary>Chooses a kind for each unnamed property that must exist.</summary>
    private void Choose(ObjectDraft draft, List<Kind> kinds, List<SomeProperty> unnamed, int next, int[] mins, List<ObjectDraft> drafts)
    {
        if (next == unnamed.Count)
        {
            ObjectDraft chosen = new() { Min = draft.Min, Max = draft.Max };
            chosen.Properties.AddRange(draft.Properties);
            for (int i = 0; i < kinds.Count; i++)
            {
                chosen.Others.Add((kinds[i].Names, kinds[i].Value, mins[i]));
            }
            drafts.Add(chosen);
            return;
        }
        SomeProperty some = unnamed[next];
        for (int i = 0; i < kinds.Count; i++)
        {
            if (!kinds[i].Matches(some.Names))
            {
                continue;
            }
            if (some.Value is Literal value)
            {
                LiteralList both = new(compiler.Document);
                both.AddAll(kinds[i].Value.Literals);
                both.Add(value);
                if (both.IsNever || compiler.GoalOf(both) is not Goal met || !compiler.MayBeMet(met))
                {
                    continue;
                }
                if (met != kinds[i].Value)
                {
                    throw SchemaRefusal.Unsupported(value.Node, "", "found a schema that must not hold (not, oneOf, if) for the value of some property without a name");
                }
            }
            int before = mins[i];
            mins[i] = 1;
            Choose(draft, kinds, unnamed, next + 1, mins, drafts);
            mins[i] = before;
        }
    }

    private static List<string> NamesOf(ObjectFacts facts)
    {
        List<string> names = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (ObjectLayer layer in facts.Layers)
        {
            layer.AddNames(names, known);
        }
        foreach (string name in facts.Required)
        {
            if (known.Add(name))
            {
                names.Add(name);
            }
        }
        foreach ((string name, _) in facts.Values)
        {
            if (known.Add(name))
            {
                names.Add(name);
            }
        }
        foreach (string name in facts.Forbidden)
        {
            if (known.Add(name))
            {
                names.Add(name);
            }
        }
        return names;
    }

    /// <summary>The remaining names, distinguished by the patterns of all layers.</summary>
    private List<Kind> KindsOf(ObjectFacts facts, List<string> names, List<SomeProperty> unnamed)
    {
        List<Language> patterns = [];
        foreach (ObjectLayer layer in facts.Layers)
        {
            layer.AddPatterns(patterns);
        }
        foreach (SomeProperty some in unnamed)
        {
            if (!patterns.Contains(some.Names))
            {
                patterns.Add(some.Names);
            }
        }
        Language rest = names.Count == 0 ? Space.Anything : Space.Not(Space.Texts(names));
        rest = facts.Names is null ? rest : Space.Both(rest, facts.Names);
        List<(Language Names, HashSet<Language> Matched)> classes = [(rest, [])];
        foreach (Language pattern in patterns)
        {
            List<(Language, HashSet<Language>)> finer = [];
            foreach ((Language all, HashSet<Language> matched) in classes)
            {
                compiler.Count(10);
                Language within = Space.Both(all, pattern);
                if (compiler.IsNothing(within))
                {
                    finer.Add((all, matched));
                    continue;
                }
                finer.Add((within, [.. matched, pattern]));
                finer.Add((Space.Both(all, Space.Not(pattern)), matched));
            }
            classes = finer.Count <= MaxKinds ? finer : throw SchemaRefusal.TooLarge(compiler.At, $"at most {MaxKinds} kinds of names that patterns tell apart");
        }
        List<Kind> kinds = [];
        foreach ((Language all, HashSet<Language> matched) in classes)
        {
            LiteralList asked = new(compiler.Document);
            foreach (ObjectLayer layer in facts.Layers)
            {
                layer.Ask(null, matched.Contains, asked);
            }
            if (compiler.GoalOf(asked) is Goal value && !compiler.IsNothing(all))
            {
                kinds.Add(new Kind(all, value, matched));
            }
        }
        return Merged(kinds, unnamed.Count > 0);
    }

    /// <summary>Merges kinds with the same value.</summary>
    private List<Kind> Merged(List<Kind> kinds, bool apart)
    {
        for (int i = 0; i < kinds.Count && !apart; i++)
        {
            for (int j = kinds.Count - 1; j > i; j--)
            {
                if (kinds[j].Value == kinds[i].Value)
                {
                    kinds[i] = kinds[i] with { Names = Space.Either(kinds[i].Names, kinds[j].Names) };
                    kinds.RemoveAt(j);
                }
            }
        }
        return kinds;
    }

    private sealed record Kind(Language Names, Goal Value, HashSet<Language> Matched)
    {
        public bool Matches(Language names) => Matched.Contains(names);
    }
}
