namespace Engine.Chat.Jinja;

/// <summary>Splits texts and replaces parts of them.</summary>
internal static class TextSplitting
{
    /// <summary>Where a part occurs, from left to right without overlaps. An empty part occurs before each code point and at the end.</summary>
    public static List<int> Occurrences(string text, string part, Budget budget)
    {
        budget.SpendOnText(text.Length / 8);
        var found = new List<int>();
        if (part.Length == 0)
        {
            for (int i = 0; i <= text.Length; i++)
            {
                if (i == 0 || i == text.Length || !char.IsSurrogatePair(text[i - 1], text[i]))
                {
                    found.Add(i);
                }
            }
        }
        else
        {
            for (int i = 0; (i = text.IndexOf(part, i, StringComparison.Ordinal)) >= 0; i += part.Length)
            {
                found.Add(i);
            }
        }
        budget.Spend(found.Count);
        return found;
    }

    public static Text Replace(Text text, string old, Text replacement, int count, Budget budget)
    {
        List<int> places = Occurrences(text.Value, old, budget);
        var replaced = new TextBuilder(budget);
        int start = 0;
        foreach (int place in count < 0 ? places : places.Take(count))
        {
            replaced.Append(text.Slice(start, place - start)).Append(replacement);
            start = place + old.Length;
        }
        return start == 0 && places.Count == 0 ? text : replaced.Append(text.Slice(start, text.Value.Length - start)).ToText();
    }

    public static List<object> Split(Text text, string? separator, int most, Budget budget)
    {
        if (separator is null)
        {
            return Words(text, most);
        }
        var parts = new List<object>();
        int start = 0;
        foreach (int place in Places(text.Value, separator, budget))
        {
            if (most >= 0 && parts.Count >= most)
            {
                break;
            }
            parts.Add(text.Slice(start, place - start));
            start = place + separator.Length;
        }
        parts.Add(text.Slice(start, text.Value.Length - start));
        return parts;
    }

    public static List<object> SplitFromRight(Text text, string? separator, int most, Budget budget)
    {
        if (most < 0)
        {
            return Split(text, separator, most, budget);
        }
        var parts = new List<object>();
        int end = text.Value.Length;
        while (parts.Count < most)
        {
            budget.SpendOnText(end / 8);
            if (separator is null)
            {
                end = text.Slice(0, end).Strip(left: false).Value.Length;
                int begin = end;
                while (begin > 0 && !Text.IsSpace(text.Value[begin - 1]))
                {
                    begin--;
                }
                if (end == 0)
                {
                    break;
                }
                parts.Add(text.Slice(begin, end - begin));
                end = begin;
            }
            else
            {
                int place = end == 0 ? -1 : text.Value.AsSpan(0, end).LastIndexOf(separator.Length > 0 ? separator : throw new JinjaException("empty separator"), StringComparison.Ordinal);
                if (place < 0)
                {
                    break;
                }
                parts.Add(text.Slice(place + separator.Length, end - place - separator.Length));
                end = place;
            }
        }
        Text rest = separator is null ? text.Slice(0, end).Strip(left: false) : text.Slice(0, end);
        if (separator is not null || rest.Value.Length > 0)
        {
            parts.Add(rest);
        }
        parts.Reverse();
        return parts;
    }

    public static PyTuple Partition(Text text, string separator, bool last)
    {
        int place = last ? text.Value.LastIndexOf(separator, StringComparison.Ordinal) : text.Value.IndexOf(separator, StringComparison.Ordinal);
        return place < 0
            ? last ? new PyTuple(Text.Empty, Text.Empty, text) : new PyTuple(text, Text.Empty, Text.Empty)
            : new PyTuple(text.Slice(0, place), text.Slice(place, separator.Length), text.Slice(place + separator.Length, text.Value.Length - place - separator.Length));
    }

    /// <summary>Python's <c>splitlines</c>: splits at every kind of line end. A line end at the end of the text does not begin another line.</summary>
    public static List<object> Lines(Text text, bool keepEnds, Budget budget)
    {
        budget.SpendOnText(text.Value.Length / 8);
        var lines = new List<object>();
        string value = text.Value;
        for (int start = 0; start < value.Length;)
        {
            int end = start;
            while (end < value.Length && !IsLineEnd(value[end]))
            {
                end++;
            }
            int next = end + (end >= value.Length ? 0 : value[end] == '\r' && end + 1 < value.Length && value[end + 1] == '\n' ? 2 : 1);
            lines.Add(text.Slice(start, (keepEnds ? next : end) - start));
            start = next;
        }
        return lines;
    }

    private static bool IsLineEnd(char character) =>
        character is '\n' or '\r' or '\v' or '\f' or '\u001C' or '\u001D' or '\u001E' or '\u0085' or '\u2028' or '\u2029';

    private static List<int> Places(string text, string separator, Budget budget) =>
        separator.Length > 0 ? Occurrences(text, separator, budget) : throw new JinjaException("empty separator");

    private static List<object> Words(Text text, int most)
    {
        var words = new List<object>();
        string value = text.Value;
        int at = 0;
        while (true)
        {
            while (at < value.Length && Text.IsSpace(value[at]))
            {
                at++;
            }
            if (at == value.Length)
            {
                return words;
            }
            int start = at;
            if (most >= 0 && words.Count >= most)
            {
                words.Add(text.Slice(start, value.Length - start));
                return words;
            }
            while (at < value.Length && !Text.IsSpace(value[at]))
            {
                at++;
            }
            words.Add(text.Slice(start, at - start));
        }
    }
}
