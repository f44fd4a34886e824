using System.Globalization;
using System.Text.Json;
using Engine.Constraints.Languages;
using Engine.Constraints.Schemas;

namespace Engine.Tests.Constraints.Schemas;

/// <summary>Decides whether a value matches a spec, straight from the spec's definition and without an automaton.</summary>
/// <param name="inOrder">Whether properties must come in the spec's order, as an answer writes them.</param>
/// <param name="numberText">Gives the text in which a number is looked up: the value's own, or another that means the same.</param>
internal sealed class SpecMatcher(bool inOrder, Func<JsonElement, string>? numberText = null)
{
    private readonly Dictionary<(string, ValueSpec), bool> _known = [];

    public bool Matches(ValueSpec spec, JsonElement value)
    {
        string text = value.GetRawText();
        if (_known.TryGetValue((text, spec), out bool known))
        {
            return known;
        }
        bool matches = false;
        foreach (ValueForm form in spec.Forms)
        {
            matches |= Matches(form, value);
        }
        return _known[(text, spec)] = matches;
    }

    private bool Matches(ValueForm form, JsonElement value) => (form, value.ValueKind) switch
    {
        (ScalarForm scalar, JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False) => Contains(scalar.Text, value.GetRawText()),
        (ScalarForm scalar, JsonValueKind.Number) => Contains(scalar.Text, numberText?.Invoke(value) ?? value.GetRawText()),
        (StringForm text, JsonValueKind.String) => Contains(text.Content, value.GetString()!),
        (ArrayForm array, JsonValueKind.Array) => MatchesArray(array, [.. value.EnumerateArray()]),
        (ObjectForm form2, JsonValueKind.Object) => MatchesObject(form2, value),
        _ => false,
    };

    private static bool Contains(TextState state, string text)
    {
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            if (state.After(rune.Value) is not TextState next)
            {
                return false;
            }
            state = next;
        }
        return state.Accepts;
    }

    private bool MatchesArray(ArrayForm form, JsonElement[] items)
    {
        if (items.Length < form.Min || items.Length > (form.Max ?? int.MaxValue))
        {
            return false;
        }
        for (int i = 0; i < items.Length && i < form.Prefix.Count; i++)
        {
            if (!Matches(form.Prefix[i], items[i]))
            {
                return false;
            }
        }
        if (form.IsUnique && items.Select(item => item.ValueKind == JsonValueKind.String ? "s" + item.GetString() : numberText is not null && item.ValueKind == JsonValueKind.Number ? numberText(item) : item.GetRawText()).Distinct().Count() < items.Length)
        {
            return false;
        }
        int minimum = form.Others.Sum(kind => kind.Min);
        if (items.Length < form.Prefix.Count)
        {
            return minimum == 0;
        }
        if (form.Others.Count == 0)
        {
            return items.Length == form.Prefix.Count;
        }
        // Which kind each item is of: every choice at once, as the numbers of items of each kind so far.
        HashSet<string> counts = [string.Join(',', new int[form.Others.Count])];
        foreach (JsonElement item in items.AsSpan(form.Prefix.Count))
        {
            HashSet<string> next = [];
            for (int kind = 0; kind < form.Others.Count; kind++)
            {
                if (Matches(form.Others[kind].Value, item))
                {
                    foreach (string before in counts)
                    {
                        int[] count = [.. before.Split(',').Select(int.Parse)];
                        // Beyond the bounds more are all the same.
                        count[kind] = Math.Min(count[kind] + 1, Math.Max(form.Others[kind].Min, (form.Others[kind].Max ?? 0) + 1));
                        if (count[kind] <= (form.Others[kind].Max ?? int.MaxValue))
                        {
                            next.Add(string.Join(',', count));
                        }
                    }
                }
            }
            counts = next;
        }
        return counts.Any(count => count.Split(',').Select(int.Parse).Zip(form.Others).All(pair => pair.First >= pair.Second.Min));
    }

    private bool MatchesObject(ObjectForm form, JsonElement value)
    {
        int count = 0, last = -1;
        var required = form.Properties.Where(property => property.IsRequired).Select(property => property.Name).ToHashSet();
        var mins = form.Others.Select(kind => kind.Min).ToArray();
        foreach (JsonProperty property in value.EnumerateObject())
        {
            count++;
            int index = Index(form, property.Name);
            if (inOrder && (index < 0 ? form.Properties.Count : index) is var place)
            {
                if (place < last)
                {
                    return false;
                }
                last = place;
            }
            if (index >= 0)
            {
                if (!Matches(form.Properties[index].Value, property.Value))
                {
                    return false;
                }
                required.Remove(property.Name);
                continue;
            }
            int kind = form.Others.TakeWhile(other => !Contains(other.Names, property.Name)).Count();
            if (kind == form.Others.Count || !Matches(form.Others[kind].Value, property.Value))
            {
                return false;
            }
            mins[kind]--;
        }
        return required.Count == 0 && mins.All(min => min <= 0) && count >= form.Min && count <= (form.Max ?? int.MaxValue);
    }

    private static int Index(ObjectForm form, string name)
    {
        for (int i = 0; i < form.Properties.Count; i++)
        {
            if (form.Properties[i].Name == name)
            {
                return i;
            }
        }
        return -1;
    }

    /// <summary>A number's text without exponent and without zeros at the end of its fraction: what means the same for a schema.</summary>
    public static string Plain(JsonElement number)
    {
        if (!number.TryGetDecimal(out decimal value))
        {
            return number.GetRawText();
        }
        string text = value.ToString(CultureInfo.InvariantCulture);
        text = text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
        return text == "-0" ? "0" : text;
    }
}
