using System.Text.Encodings.Web;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>Computes the shortest JSON of each goal to find out which can be met, and turns those into specs, leaving out what cannot be met.</summary>
internal sealed class SpecBuilder(LanguageSpace space)
{
    private const int Never = int.MaxValue;

    /// <summary>How far names are counted if an object must have some. No object is required to have more.</summary>
    private const int MaxNames = 1000;

    private readonly Dictionary<Language, int> _shortest = [];

    public void Build(List<Goal> goals)
    {
        foreach (Goal goal in goals)
        {
            try
            {
                ShortenTexts(goal);
            }
            catch (InvalidRequestException e)
            {
                throw SchemaRefusal.Of(goal.Literals.Count > 0 ? goal.Literals[0].Node.Path : "#", e);
            }
        }
        // Goals were found after the goals that contain them, so in reverse order most are known when they are needed.
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int i = goals.Count - 1; i >= 0; i--)
            {
                changed |= Shorten(goals[i]);
            }
        }
        foreach (Goal goal in goals)
        {
            goal.Spec.Shortest = goal.Shortest;
            goal.Spec.Forms = FormsOf(goal);
        }
    }

    private void ShortenTexts(Goal goal)
    {
        if (goal.Scalars is ScalarForm scalars)
        {
            scalars.Shortest = ShortestText(scalars.Text) - 2;
            goal.Shortest = Math.Min(goal.Shortest, scalars.Shortest);
        }
        if (goal.Strings is StringForm strings)
        {
            strings.Shortest = ShortestText(strings.Content);
            goal.Shortest = Math.Min(goal.Shortest, strings.Shortest);
        }
    }

    private bool Shorten(Goal goal)
    {
        int before = goal.Shortest;
        foreach (ArrayDraft array in goal.Arrays)
        {
            array.Shortest = Math.Min(array.Shortest, ShortestArray(array));
            goal.Shortest = Math.Min(goal.Shortest, array.Shortest);
        }
        foreach (ObjectDraft draft in goal.Objects)
        {
            draft.Shortest = Math.Min(draft.Shortest, ShortestObject(draft));
            goal.Shortest = Math.Min(goal.Shortest, draft.Shortest);
        }
        return goal.Shortest != before;
    }

    /// <summary>UTF-8 bytes of the shortest text, as a JSON string.</summary>
    private int ShortestText(Language content)
    {
        if (!_shortest.TryGetValue(content, out int bytes))
        {
            _shortest[content] = bytes = space.Shortest(content) is string text ? Bytes(text) : Never;
        }
        return bytes;
    }

    private static int Bytes(string text) => 2 + JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text).Length + CountWide(text);

    private static int CountWide(string text) => System.Text.Encoding.UTF8.GetByteCount(text) - text.Length;

    private static int Saturated(long bytes) => bytes >= Never ? Never : (int)bytes;

    private int ShortestArray(ArrayDraft draft)
    {
        int needed = draft.Min;
        long bytes = 0;
        int count = 0;
        for (; count < draft.Prefix.Count && count < draft.Min; count++)
        {
            if (!draft.Prefix[count].CanBeMet)
            {
                return Never;
            }
            bytes += draft.Prefix[count].Shortest;
        }
        int kinds = 0;
        int cheapest = Never;
        foreach ((Goal value, int min, _) in draft.Others)
        {
            kinds += min;
            if (min > 0 && !value.CanBeMet)
            {
                return Never;
            }
            bytes += (long)min * (min > 0 ? value.Shortest : 0);
            cheapest = Math.Min(cheapest, value.Shortest);
        }
        if (kinds > 0)
        {
            for (; count < draft.Prefix.Count; count++)
            {
                if (!draft.Prefix[count].CanBeMet)
                {
                    return Never;
                }
                bytes += draft.Prefix[count].Shortest;
            }
        }
        count += kinds;
        if (count > draft.Max)
        {
            return Never;
        }
        if (count < needed)
        {
            if (cheapest == Never)
            {
                return Never;
            }
            bytes += (long)(needed - count) * cheapest;
            count = needed;
        }
        if (draft.Unique is not null && count > 1 && draft.Prefix.Count == 0 && Distinct(draft, count) < count)
        {
            return Never;
        }
        return Saturated(2 + bytes + Math.Max(0, count - 1));
    }

    /// <summary>How many different items there are, up to a limit; the limit if that cannot be counted.</summary>
    private int Distinct(ArrayDraft draft, int limit)
    {
        int count = 0;
        foreach ((Goal value, _, _) in draft.Others)
        {
            if (value.Arrays.Count > 0 || value.Objects.Count > 0)
            {
                return limit;
            }
            count += Count(value, limit);
        }
        return count;
    }

    /// <summary>How many strings and scalars a goal has, up to a limit of each.</summary>
    private int Count(Goal goal, int limit) =>
        (goal.Scalars is null ? 0 : space.CountUpTo(goal.Scalars.Text, limit)) + (goal.Strings is null ? 0 : space.CountUpTo(goal.Strings.Content, limit));

    private int ShortestObject(ObjectDraft draft)
    {
        long bytes = 0;
        int count = 0, available = 0;
        List<int>? optional = draft.Min > 0 ? [] : null;
        foreach ((string name, Goal value, bool isRequired) in draft.Properties)
        {
            if (isRequired)
            {
                if (!value.CanBeMet)
                {
                    return Never;
                }
                bytes += Bytes(name) + 1L + value.Shortest;
                count++;
            }
            else if (value.CanBeMet)
            {
                optional?.Add(Saturated(Bytes(name) + 1L + value.Shortest));
            }
        }
        foreach ((Language names, Goal value, int min) in draft.Others)
        {
            if (!value.CanBeMet)
            {
                if (min > 0)
                {
                    return Never;
                }
                continue;
            }
            // Names that must differ are not all as short as the shortest one.
            int cost = Saturated(ShortestText(names) + 2L + value.Shortest);
            bytes += (long)min * cost;
            count += min;
            if (count < draft.Min)
            {
                int most = Math.Min(space.CountUpTo(names, Math.Min(draft.Min, MaxNames)), draft.Min);
                for (int i = min; i < most; i++)
                {
                    optional!.Add(cost);
                }
                available = most == MaxNames ? draft.Min : available;
            }
        }
        if (count < draft.Min)
        {
            if (count + optional!.Count < draft.Min && available < draft.Min)
            {
                return Never;
            }
            optional.Sort();
            for (int i = 0; count < draft.Min; i++, count++)
            {
                bytes += optional[Math.Min(i, optional.Count - 1)];
            }
        }
        return count > draft.Max ? Never : Saturated(2 + bytes + Math.Max(0, count - 1));
    }

    private List<ValueForm> FormsOf(Goal goal)
    {
        List<ValueForm> forms = [];
        if (goal.Scalars is not null)
        {
            forms.Add(goal.Scalars);
        }
        if (goal.Strings is not null)
        {
            forms.Add(goal.Strings);
        }
        foreach (ArrayDraft array in goal.Arrays)
        {
            if (array.Shortest != Never)
            {
                forms.Add(FormOf(array));
            }
        }
        foreach (ObjectDraft draft in goal.Objects)
        {
            if (draft.Shortest != Never)
            {
                forms.Add(FormOf(draft));
            }
        }
        return forms;
    }

    private static ObjectForm FormOf(ObjectDraft draft)
    {
        List<NamedProperty> properties = new(draft.Properties.Count);
        foreach ((string name, Goal value, bool isRequired) in draft.Properties)
        {
            if (value.CanBeMet)
            {
                properties.Add(new NamedProperty(name, value.Spec, isRequired));
            }
        }
        List<PropertyKind> others = new(draft.Others.Count);
        foreach ((Language names, Goal value, int min) in draft.Others)
        {
            if (value.CanBeMet)
            {
                others.Add(new PropertyKind(names, value.Spec, min));
            }
        }
        return new ObjectForm
        {
            Properties = properties,
            Others = others,
            Min = draft.Min,
            Max = draft.Max == int.MaxValue ? null : draft.Max,
            Shortest = draft.Shortest,
        };
    }

    private ArrayForm FormOf(ArrayDraft draft)
    {
        List<ValueSpec> prefix = [];
        foreach (Goal item in draft.Prefix)
        {
            if (!item.CanBeMet)
            {
                break;
            }
            prefix.Add(item.Spec);
        }
        bool isCut = prefix.Count < draft.Prefix.Count;
        int max = isCut ? prefix.Count : draft.Max;
        List<ItemKind> others = [];
        foreach ((Goal value, int min, int? most) in draft.Others)
        {
            if (value.CanBeMet && !isCut && max > prefix.Count)
            {
                others.Add(new ItemKind(value.Spec, min, most));
            }
        }
        if (others.Count == 0)
        {
            max = Math.Min(max, prefix.Count);
        }
        return new ArrayForm
        {
            Prefix = prefix,
            Others = others,
            Min = draft.Min,
            Max = max == int.MaxValue ? null : max,
            IsUnique = draft.Unique is not null && max > 1 && TellsApart(draft),
            Shortest = draft.Shortest,
        };
    }

    /// <summary>Whether items can be told apart by their texts, which is how the automaton does it.</summary>
    private bool TellsApart(ArrayDraft draft)
    {
        foreach (Goal item in (IEnumerable<Goal>)[.. draft.Prefix, .. draft.Others.Select(kind => kind.Value)])
        {
            if (item.Arrays.Exists(array => array.Shortest != Never) || item.Objects.Exists(form => form.Shortest != Never))
            {
                throw SchemaRefusal.Unsupported(draft.Unique!, "uniqueItems", "found items that may be arrays or objects");
            }
        }
        // Each item must have a value left that no earlier item took.
        for (int i = 0; i < draft.Prefix.Count; i++)
        {
            if (Count(draft.Prefix[i], i + 1) <= i)
            {
                throw FewDiffer(draft);
            }
        }
        if (draft.Prefix.Count > 0 && draft.Min > draft.Prefix.Count && Distinct(draft, draft.Min) < draft.Min)
        {
            throw FewDiffer(draft);
        }
        return true;
    }

    private static InvalidRequestException FewDiffer(ArrayDraft draft) =>
        SchemaRefusal.Unsupported(draft.Unique!, "uniqueItems", "found items with their own positions for which too few different values are left");
}
