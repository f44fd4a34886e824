using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>A set of numbers, kept as ranges as long as they can express it, and otherwise as the canonical texts of its numbers.</summary>
internal sealed class NumberSet
{
    /// <summary>The maximum number of ranges; with more, the set is kept as texts.</summary>
    private const int MaxRanges = 32;

    public static readonly NumberSet All = new([new NumberBounds(false)], null);
    public static readonly NumberSet None = new([], null);

    private readonly NumberBounds[] _ranges;
    private readonly Language? _texts;

    private NumberSet(NumberBounds[] ranges, Language? texts) => (_ranges, _texts) = (ranges, texts);

    public static NumberSet Of(NumberBounds bounds) => IsEmpty(bounds) ? None : new([bounds], null);

    public static NumberSet Of(Language canonical) => new([], canonical);

    public bool IsRanges => _texts is null;

    public bool IsNone(LanguageSpace space) => _texts is null ? _ranges.Length == 0 : space.IsNothing(_texts);

    /// <summary>The texts of the numbers; exactly one for each if <paramref name="canonical"/>.</summary>
    public Language Texts(LanguageSpace space, bool canonical)
    {
        if (_texts is not null)
        {
            return _texts;
        }
        if (_ranges.Length == 1)
        {
            return NumberTexts.Numbers(space, _ranges[0], canonical);
        }
        var options = new Language[_ranges.Length];
        for (int i = 0; i < options.Length; i++)
        {
            options[i] = NumberTexts.Numbers(space, _ranges[i], canonical);
        }
        return space.Either(options);
    }

    public static NumberSet And(LanguageSpace space, NumberSet a, NumberSet b)
    {
        if (a == All || b == All)
        {
            return a == All ? b : a;
        }
        if (a._texts is not null || b._texts is not null || a._ranges.Length * b._ranges.Length > MaxRanges)
        {
            return Of(space.Both(a.Texts(space, true), b.Texts(space, true)));
        }
        List<NumberBounds> met = [];
        foreach (NumberBounds left in a._ranges)
        {
            foreach (NumberBounds right in b._ranges)
            {
                if (Meet(left, right) is var both && !IsEmpty(both))
                {
                    met.Add(both);
                }
            }
        }
        return new([.. met], null);
    }

    public static NumberSet Or(LanguageSpace space, List<NumberSet> options)
    {
        List<NumberBounds> ranges = [];
        bool isText = false;
        foreach (NumberSet option in options)
        {
            if (option == All)
            {
                return All;
            }
            isText |= option._texts is not null;
            foreach (NumberBounds range in option._ranges)
            {
                if (!ranges.Contains(range))
                {
                    ranges.Add(range);
                }
            }
        }
        if (!isText && ranges.Count <= MaxRanges)
        {
            return new([.. ranges], null);
        }
        var texts = new Language[options.Count];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = options[i].Texts(space, true);
        }
        return Of(space.Either(texts));
    }

    public static NumberSet Not(LanguageSpace space, NumberSet set)
    {
        if (set._texts is null && set._ranges.Length <= 1)
        {
            if (set._ranges.Length == 0)
            {
                return All;
            }
            if (set._ranges[0] is { IsInteger: false, MultiplesOf: null } range)
            {
                List<NumberBounds> outside = [];
                if (range.Min is not null)
                {
                    outside.Add(new NumberBounds(false, Max: range.Min, ExcludesMax: !range.ExcludesMin));
                }
                if (range.Max is not null)
                {
                    outside.Add(new NumberBounds(false, Min: range.Max, ExcludesMin: !range.ExcludesMax));
                }
                return new([.. outside], null);
            }
        }
        // The texts of integers and multiples have a maximum length, the numbers do not. A number longer than these texts is not outside the set because of that.
        bool isBounded = set._texts is not null || Array.Exists(set._ranges, static range => range.IsInteger || range.MultiplesOf is not null);
        Language all = isBounded ? NumberTexts.Distinct(space) : NumberTexts.Numbers(space, new NumberBounds(false), true);
        return Of(space.Both(all, space.Not(set.Texts(space, true))));
    }

    /// <summary>The intersection of two bounds.</summary>
    public static NumberBounds Meet(NumberBounds a, NumberBounds b)
    {
        (decimal? min, bool excludesMin) = a.Min is null || (b.Min is not null && (b.Min > a.Min || (b.Min == a.Min && b.ExcludesMin)))
            ? (b.Min, b.ExcludesMin) : (a.Min, a.ExcludesMin);
        (decimal? max, bool excludesMax) = a.Max is null || (b.Max is not null && (b.Max < a.Max || (b.Max == a.Max && b.ExcludesMax)))
            ? (b.Max, b.ExcludesMax) : (a.Max, a.ExcludesMax);
        return new NumberBounds(a.IsInteger || b.IsInteger, min, excludesMin, max, excludesMax, Join(a.MultiplesOf, b.MultiplesOf));
    }

    private static IReadOnlyList<decimal>? Join(IReadOnlyList<decimal>? a, IReadOnlyList<decimal>? b)
    {
        if (a is null || b is null)
        {
            return a ?? b;
        }
        List<decimal> all = [.. a];
        foreach (decimal step in b)
        {
            if (!all.Contains(step))
            {
                all.Add(step);
            }
        }
        return all.Count == a.Count ? a : all;
    }

    private static bool IsEmpty(NumberBounds bounds) =>
        bounds is { Min: decimal min, Max: decimal max } && (min > max || (min == max && (bounds.ExcludesMin || bounds.ExcludesMax)));
}
