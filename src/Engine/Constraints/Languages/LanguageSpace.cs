using System.Text;

namespace Engine.Constraints.Languages;

/// <summary>Makes the languages of one constraint. Whatever would take too many states is refused. Thread-safe.</summary>
internal sealed partial class LanguageSpace
{
    /// <summary>How many states are looked at before a question about a language is given up.</summary>
    private const int MaxSearch = 20_000;

    /// <summary>The total size of these states, and how many states a complemented language may have.</summary>
    private const int MaxSearchSize = 1_000_000, MaxComplemented = 2_000;

    /// <summary>How deeply expressions may nest, because their derivatives are computed recursively.</summary>
    private const int MaxDepth = 400;

    /// <summary>How many conditions one text may have to meet. Finite sets to exclude count as one.</summary>
    private const int MaxConditions = 32;

    private readonly Lock _gate = new();

    public LanguageSpace()
    {
        Nothing = new OneCodePoint(this, CodePointSet.None) { Life = Life.Dead };
        Empty = new SingleText(this, "", 0, 0);
        Any = new OneCodePoint(this, CodePointSet.All);
        Anything = new Repetition(this, Any, 0, null);
        Reset();
    }

    /// <summary>No text.</summary>
    public Language Nothing { get; }

    /// <summary>The empty text alone.</summary>
    public Language Empty { get; }

    /// <summary>One code point.</summary>
    public Language Any { get; }

    /// <summary>Every text.</summary>
    public Language Anything { get; }

    /// <summary>One code point of a range, without the surrogates.</summary>
    public Language Range(int first, int last) => OneOf((first, last));

    /// <summary>One code point of some ranges.</summary>
    public Language OneOf(params ReadOnlySpan<(int First, int Last)> ranges) => OneOf(CodePointSet.Of(ranges));

    public Language OneOf(CodePointSet set)
    {
        lock (_gate)
        {
            return Shared(new OneCodePoint(this, set));
        }
    }

    /// <summary>One text; <see cref="Nothing"/> if it contains half a surrogate pair.</summary>
    public Language Text(string text)
    {
        lock (_gate)
        {
            return IsWellFormed(text) ? Literally(text, 0, TextTree.CountRunes(text)) : Nothing;
        }
    }

    /// <summary>A finite set of texts, as a tree, so that even with thousands of texts a step costs no more than their length. Texts with half a surrogate pair are left out.</summary>
    public Language Texts(IEnumerable<string> texts)
    {
        string[] sorted = [.. texts.Where(IsWellFormed)];
        Array.Sort(sorted, StringComparer.Ordinal);
        int count = 0;
        foreach (string text in sorted)
        {
            if (count == 0 || text != sorted[count - 1])
            {
                sorted[count++] = text;
            }
        }
        lock (_gate)
        {
            return count switch
            {
                0 => Nothing,
                1 => Text(sorted[0]),
                _ => Shared(new TextTree(this, sorted, 0, count, 0)),
            };
        }
    }

    public Language Sequence(params ReadOnlySpan<Language> parts)
    {
        lock (_gate)
        {
            Language sequence = Empty;
            for (int i = parts.Length - 1; i >= 0; i--)
            {
                sequence = Concatenated(parts[i], sequence);
            }
            return Bounded(sequence);
        }
    }

    public Language Either(params ReadOnlySpan<Language> options)
    {
        lock (_gate)
        {
            _maxSize = Math.Max(_maxSize, 2 * Union.SizeOf(options));
            return Bounded(United(options));
        }
    }

    public Language Both(params ReadOnlySpan<Language> all)
    {
        lock (_gate)
        {
            return Bounded(Intersected(all));
        }
    }

    /// <exception cref="InvalidRequestException">The language has more states than the bound.</exception>
    public Language Not(Language language)
    {
        lock (_gate)
        {
            CheckBounded(language);
            return Bounded(Complemented(language));
        }
    }

    public Language Repeat(Language part, int min, int? max)
    {
        lock (_gate)
        {
            return Bounded(Repeated(part, min, max));
        }
    }

    /// <summary>Whether there is no text at all.</summary>
    /// <exception cref="InvalidRequestException">Finding out takes more states than the bound.</exception>
    public bool IsNothing(Language language)
    {
        lock (_gate)
        {
            return Search(language, MaxSearch) switch
            {
                Life.Alive => false,
                Life.Dead => true,
                _ => throw TooComplex(),
            };
        }
    }

    /// <summary>The shortest text; null if there is none.</summary>
    /// <exception cref="InvalidRequestException">Finding it takes more states than the bound.</exception>
    public string? Shortest(Language language)
    {
        lock (_gate)
        {
            return FindShortest(language);
        }
    }

    /// <summary>The number of texts: exact up to the limit, and the limit if there are more.</summary>
    /// <exception cref="InvalidRequestException">Counting takes more states than the bound.</exception>
    public int CountUpTo(Language language, int limit)
    {
        lock (_gate)
        {
            return Count(language, limit);
        }
    }

    public bool Contains(Language language, string text)
    {
        if (!IsWellFormed(text))
        {
            return false;
        }
        lock (_gate)
        {
            foreach (Rune rune in text.EnumerateRunes())
            {
                if (Next(language, rune.Value) is not { } next)
                {
                    return false;
                }
                language = next;
            }
            return language.Accepts;
        }
    }

    private static Language? Next(Language language, int codePoint)
    {
        foreach (TextStep move in language.Moves)
        {
            if (codePoint <= move.Last)
            {
                return codePoint >= move.First ? (Language)move.Next : null;
            }
        }
        return null;
    }

    private static bool IsWellFormed(string text)
    {
        for (int i = text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff'); i >= 0 && i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }
        return true;
    }

    private Language Bounded(Language language)
    {
        _maxSize = Math.Max(_maxSize, 2L * language.Size);
        if (language is Intersection { Parts.Length: > MaxConditions and var conditions })
        {
            throw new InvalidRequestException(
                $"Reading a constraint on text: at most {MaxConditions} conditions on one text are supported, found {conditions}. Combine fewer patterns.");
        }
        return language.Depth <= MaxDepth ? language : throw TooDeep(language);
    }

    private static InvalidRequestException TooDeep(Language language) => new(
        $"Reading a constraint on text: at most {MaxDepth} levels of nesting are supported, found {language.Depth}. Nest groups and combined schemas less deeply.");

    private static InvalidRequestException TooComplex() => new(
        $"Reading a constraint on text: which texts meet all its conditions takes too many states to find out. Combine fewer patterns, or simpler ones.");
}
