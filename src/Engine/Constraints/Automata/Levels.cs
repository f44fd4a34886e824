using Engine.Constraints.Schemas;

namespace Engine.Constraints.Automata;

/// <summary>Computes how deeply values nest, so that no value is offered that nests deeper than .NET's parsers allow.</summary>
internal static class Levels
{
    /// <summary>System.Text.Json's default limit.</summary>
    public const int Most = 64;

    /// <summary>Fills in <see cref="ValueSpec.Levels"/> of everything a value may contain, as the least fixpoint.</summary>
    public static void Settle(ValueSpec root)
    {
        List<ValueSpec> all = Reachable(root);
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int i = all.Count - 1; i >= 0; i--)
            {
                int levels = int.MaxValue;
                foreach (ValueForm form in all[i].Forms)
                {
                    form.Levels = Of(form);
                    levels = Math.Min(levels, form.Levels);
                }
                if (levels < all[i].Levels)
                {
                    all[i].Levels = levels;
                    changed = true;
                }
            }
        }
    }

    private static List<ValueSpec> Reachable(ValueSpec root)
    {
        var seen = new HashSet<ValueSpec>(ReferenceEqualityComparer.Instance) { root };
        List<ValueSpec> all = [root];
        for (int i = 0; i < all.Count; i++)
        {
            foreach (ValueForm form in all[i].Forms)
            {
                switch (form)
                {
                    case ArrayForm array:
                        foreach (ValueSpec item in array.Prefix)
                        {
                            Meet(item);
                        }
                        foreach (ItemKind kind in array.Others)
                        {
                            Meet(kind.Value);
                        }
                        break;
                    case ObjectForm holder:
                        foreach (NamedProperty property in holder.Properties)
                        {
                            Meet(property.Value);
                        }
                        foreach (PropertyKind kind in holder.Others)
                        {
                            Meet(kind.Value);
                        }
                        break;
                }
            }
        }
        return all;

        void Meet(ValueSpec spec)
        {
            if (seen.Add(spec))
            {
                all.Add(spec);
            }
        }
    }

    private static int Of(ValueForm form)
    {
        int most = 0;
        switch (form)
        {
            case ArrayForm array:
                for (int i = 0; i < Math.Min(array.Min, array.Prefix.Count); i++)
                {
                    most = Math.Max(most, array.Prefix[i].Levels);
                }
                int others = int.MaxValue;
                foreach (ItemKind kind in array.Others)
                {
                    most = kind.Min > 0 ? Math.Max(most, kind.Value.Levels) : most;
                    others = Math.Min(others, kind.Value.Levels);
                }
                return Above(array.Min > array.Prefix.Count ? Math.Max(most, others) : most);
            case ObjectForm holder:
                foreach (NamedProperty property in holder.Properties)
                {
                    most = property.IsRequired ? Math.Max(most, property.Value.Levels) : most;
                }
                foreach (PropertyKind kind in holder.Others)
                {
                    most = kind.Min > 0 ? Math.Max(most, kind.Value.Levels) : most;
                }
                return Above(most);
            default:
                return 0;
        }
    }

    private static int Above(int levels) => levels == int.MaxValue ? levels : levels + 1;
}
