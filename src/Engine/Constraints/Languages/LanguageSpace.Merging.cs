using System.Runtime.InteropServices;

namespace Engine.Constraints.Languages;

/// <summary>Merges parts of a union or an intersection when one expression can replace two.</summary>
internal sealed partial class LanguageSpace
{
    /// <summary>Drops some alternatives of a state that would become too large. What it still accepts is correct and can be completed. Never applied
    /// under a complement: see <see cref="CheckBounded"/>.</summary>
    private void DropLargest(List<Language> options)
    {
        _dropped = true;
        options.Sort(static (a, b) => a.Accepts != b.Accepts ? (a.Accepts ? -1 : 1) : a.Size != b.Size ? a.Size.CompareTo(b.Size) : a.Id.CompareTo(b.Id));
        long size = 0;
        int count = 0;
        while (count < options.Count && (count == 0 || size + options[count].Size <= _maxSize))
        {
            size += options[count++].Size;
        }
        options.RemoveRange(count, options.Count - count);
        SortById(options);
    }

    /// <summary>x·t | y·t = (x|y)·t.</summary>
    private bool JoinTails(List<Language> options)
    {
        Dictionary<Language, List<Language>>? heads = null;
        int sequences = 0;
        foreach (Language option in options)
        {
            sequences += option is Concatenation ? 1 : 0;
        }
        if (sequences < 2)
        {
            return false;
        }
        foreach (Language option in options)
        {
            if (option is Concatenation c)
            {
                heads ??= new(sequences);
                (heads.TryGetValue(c.Tail, out List<Language>? list) ? list : heads[c.Tail] = []).Add(c.Head);
            }
        }
        if (heads!.Count == sequences)
        {
            return false;
        }
        options.RemoveAll(static option => option is Concatenation);
        foreach ((Language tail, List<Language> list) in heads)
        {
            options.Add(Concatenated(list.Count == 1 ? list[0] : United(CollectionsMarshal.AsSpan(list)), tail));
        }
        return true;
    }

    /// <summary>x{a,b} | x{c,d} is one where the counts overlap or touch.</summary>
    private bool JoinRepetitions(List<Language> options)
    {
        bool joined = false;
        for (int i = 0; i < options.Count; i++)
        {
            for (int j = i + 1; j < options.Count && options[i] is Repetition or OneCodePoint; j++)
            {
                if (PartOf(options[i]) == PartOf(options[j]) && (options[i] is Repetition || options[j] is Repetition))
                {
                    (Language part, int min, int? max) = Times(options[i]);
                    (_, int otherMin, int? otherMax) = Times(options[j]);
                    if ((max is null || otherMin <= (long)max + 1) && (otherMax is null || min <= (long)otherMax + 1))
                    {
                        options[i] = Repeated(part, Math.Min(min, otherMin), max is null || otherMax is null ? null : Math.Max(max.Value, otherMax.Value));
                        options.RemoveAt(j--);
                        joined = true;
                    }
                }
            }
        }
        return joined;
    }

    /// <summary>x{a,b} &amp; y{c,d} with sets of code points x and y: the code points in both, as often as both allow.</summary>
    private bool MeetLengths(List<Language> parts)
    {
        bool met = false;
        for (int i = 0; i < parts.Count; i++)
        {
            for (int j = i + 1; j < parts.Count && PartOf(parts[i]) is OneCodePoint set; j++)
            {
                if (PartOf(parts[j]) is OneCodePoint other)
                {
                    (_, int min, int? max) = Times(parts[i]);
                    (_, int otherMin, int? otherMax) = Times(parts[j]);
                    int least = Math.Max(min, otherMin);
                    int? most = max is null ? otherMax : otherMax is null ? max : Math.Min(max.Value, otherMax.Value);
                    parts[i] = most < least ? Nothing : Repeated(Shared(new OneCodePoint(this, set.Set & other.Set)), least, most);
                    parts.RemoveAt(j--);
                    met = true;
                }
            }
        }
        return met;
    }

    private static Language PartOf(Language language) => language is Repetition r ? r.Part : language;

    private static (Language Part, int Min, int? Max) Times(Language language) =>
        language is Repetition r ? (r.Part, r.Min, r.Max) : (language, 1, 1);

    private static void SortById(List<Language> languages)
    {
        languages.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        int count = 0;
        for (int i = 0; i < languages.Count; i++)
        {
            if (count == 0 || languages[count - 1] != languages[i])
            {
                languages[count++] = languages[i];
            }
        }
        languages.RemoveRange(count, languages.Count - count);
    }
}
