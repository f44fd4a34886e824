using System.Runtime.InteropServices;

namespace Engine.Constraints.Languages;

/// <summary>Makes expressions in their simplest form, and each only once. These rules keep the number of an expression's derivatives small.</summary>
internal sealed partial class LanguageSpace
{
    /// <summary>When there are this many expressions and steps, they are forgotten, and found again as needed.</summary>
    private const int MaxKept = 200_000;

    private readonly HashSet<Language> _shared = new(Structure.Comparer);
    private readonly List<Language> _withMoves = [];
    private long _maxSize = 10_000;
    private bool _dropped;
    private int _lastId;

    internal int NextId() => ++_lastId;

    internal void HasMoves(Language language) => _withMoves.Add(language);

    internal Loop MakeLoop(bool accepts)
    {
        lock (_gate)
        {
            return new Loop(this, accepts);
        }
    }

    internal Language MakeMultiples(UInt128 multiple, int scale, UInt128 remainder, bool takesPoint, int fraction = -1)
    {
        lock (_gate)
        {
            return Shared(new Multiples(this, multiple, scale, remainder, takesPoint, fraction));
        }
    }

    internal Language Literally(string text, int offset, int length)
    {
        if (length == 0)
        {
            return Empty;
        }
        if (length == 1)
        {
            int codePoint = char.ConvertToUtf32(text, offset);
            return Shared(new OneCodePoint(this, CodePointSet.Of([(codePoint, codePoint)])));
        }
        return Shared(new SingleText(this, text, offset, length));
    }

    internal Language Concatenated(Language head, Language tail)
    {
        if (head == Nothing || tail == Nothing)
        {
            return Nothing;
        }
        if (head == Empty)
        {
            return tail;
        }
        if (tail == Empty)
        {
            return head;
        }
        if (tail == Anything)
        {
            if (head.Accepts)
            {
                return Anything;
            }
            if (head is Repetition once && once.Max != once.Min)
            {
                return Concatenated(Repeated(once.Part, once.Min, once.Min), Anything);
            }
        }
        // x{a,b} x{c,d} = x{a+c,b+d}, where a single x is x{1,1}.
        Language rest = tail is Concatenation t ? t.Head : tail;
        if (PartOf(head) == PartOf(rest) && (head is Repetition || rest is Repetition))
        {
            (Language part, int min, int? max) = Times(head);
            (_, int restMin, int? restMax) = Times(rest);
            if ((long)min + restMin <= int.MaxValue && (long)(max ?? 0) + (restMax ?? 0) <= int.MaxValue)
            {
                Language merged = Repeated(part, min + restMin, max + restMax);
                return tail is Concatenation c ? Concatenated(merged, c.Tail) : merged;
            }
        }
        return Shared(new Concatenation(this, head, tail));
    }

    internal Language Repeated(Language part, int min, int? max)
    {
        if (max == 0 || part == Empty)
        {
            return Empty;
        }
        if (part == Nothing)
        {
            return min == 0 ? Empty : Nothing;
        }
        if (part.Accepts)
        {
            min = 0;
        }
        if (min == 1 && max == 1)
        {
            return part;
        }
        if (part is Repetition { Min: <= 1 } inner)
        {
            if (inner.Max is null)
            {
                // (x*){a,b} = x*, (x+){a,b} = x{a,}, if b allows at least one.
                return Repeated(inner.Part, inner.Min == 0 ? 0 : min, null);
            }
            if (max is null && min <= 1)
            {
                return Repeated(inner.Part, Math.Min(min, inner.Min), null);
            }
            if (inner is { Min: 0, Max: 1 } || (inner.Part.Accepts && (long)inner.Max * (max ?? 0) <= int.MaxValue))
            {
                return Repeated(inner.Part, 0, max * inner.Max);
            }
        }
        return Shared(new Repetition(this, part, min, max));
    }

    internal Language United(params ReadOnlySpan<Language> options)
    {
        List<Language> kept = [];
        CodePointSet set = CodePointSet.None;
        Language? aSet = null;
        int sets = 0;
        bool mayBeEmpty = false, acceptsEmpty = false;
        foreach (Language option in options)
        {
            foreach (Language one in option is Union union ? union.Options : new ReadOnlySpan<Language>(in option))
            {
                if (one == Anything)
                {
                    return Anything;
                }
                if (one == Empty)
                {
                    acceptsEmpty = true;
                }
                else if (one is OneCodePoint c)
                {
                    if (one != Nothing)
                    {
                        set = sets++ == 0 ? c.Set : set | c.Set;
                        aSet = one;
                    }
                }
                else
                {
                    mayBeEmpty |= one.Accepts;
                    kept.Add(one);
                }
            }
        }
        if (sets > 0)
        {
            kept.Add(sets == 1 ? aSet! : Shared(new OneCodePoint(this, set)));
        }
        if (kept.Count > 1)
        {
            SortById(kept);
            if (JoinTails(kept) | JoinRepetitions(kept))
            {
                return United([.. kept, acceptsEmpty ? Empty : Nothing]);
            }
        }
        if (acceptsEmpty && !mayBeEmpty)
        {
            if (kept is [Repetition { Min: 1 } once])
            {
                return Repeated(once.Part, 0, once.Max);
            }
            kept.Add(Empty);
            SortById(kept);
        }
        if (kept.Count <= 1)
        {
            return kept.Count == 0 ? Nothing : kept[0];
        }
        if (Union.SizeOf(CollectionsMarshal.AsSpan(kept)) > _maxSize)
        {
            DropLargest(kept);
        }
        bool accepts = false, isPlain = true;
        int depth = 0, min = int.MaxValue, max = 0;
        foreach (Language one in kept)
        {
            accepts |= one.Accepts;
            isPlain &= one.IsPlain;
            depth = Math.Max(depth, one.Depth);
            min = Math.Min(min, one.Lengths.Min);
            max = Math.Max(max, one.Lengths.Max);
        }
        return Shared(new Union(this, [.. kept], accepts, new(min, max), isPlain, depth + 1));
    }

    internal Language Intersected(params ReadOnlySpan<Language> all)
    {
        List<Language> kept = [], without = [];
        foreach (Language one in all)
        {
            foreach (Language part in one is Intersection i ? i.Parts : new ReadOnlySpan<Language>(in one))
            {
                if (part == Nothing)
                {
                    return Nothing;
                }
                if (part is Complement c)
                {
                    without.Add(c.Without);
                }
                else if (part != Anything)
                {
                    kept.Add(part);
                }
            }
        }
        if (without.Count > 0)
        {
            kept.Add(without.Count == 1 ? Complemented(without[0]) : Complemented(United(CollectionsMarshal.AsSpan(without))));
            if (kept[^1] == Nothing)
            {
                return Nothing;
            }
        }
        if (kept.Count > 1)
        {
            SortById(kept);
            if (MeetLengths(kept))
            {
                return Intersected(CollectionsMarshal.AsSpan(kept));
            }
        }
        if (kept.Count <= 1)
        {
            return kept.Count == 0 ? Anything : kept[0];
        }
        bool accepts = true;
        int depth = 0, min = 0, max = int.MaxValue;
        foreach (Language one in kept)
        {
            accepts &= one.Accepts;
            depth = Math.Max(depth, one.Depth);
            min = Math.Max(min, one.Lengths.Min);
            max = Math.Min(max, one.Lengths.Max);
            if (one is Complement c && kept.Contains(c.Without))
            {
                return Nothing;
            }
        }
        return min > max ? Nothing : max == 0 ? Empty : Shared(new Intersection(this, [.. kept], accepts, new(min, max), depth + 1));
    }

    internal Language Complemented(Language language)
    {
        if (language == Nothing || language == Anything)
        {
            return language == Nothing ? Anything : Nothing;
        }
        if (language is Complement c)
        {
            return c.Without;
        }
        // The complement of a condition on length alone is the other lengths.
        if (language == Empty || PartOf(language) == Any)
        {
            (int min, int? max) = language is Repetition r ? (r.Min, r.Max) : language == Empty ? (0, 0) : (1, 1);
            return United(min == 0 ? Nothing : Repeated(Any, 0, min - 1), max is { } most and < int.MaxValue ? Repeated(Any, most + 1, null) : Nothing);
        }
        return Shared(new Complement(this, language));
    }

    private Language Shared(Language candidate)
    {
        if (_shared.TryGetValue(candidate, out Language? known))
        {
            return known;
        }
        _shared.Add(candidate);
        return candidate;
    }

    /// <summary>Forgets the known expressions and their steps. Those still needed are found again, and states in use stay valid.</summary>
    private void Reset()
    {
        foreach (Language language in _withMoves)
        {
            language.DropSteps();
        }
        _withMoves.Clear();
        _shared.Clear();
        foreach (Language language in new[] { Nothing, Empty, Any, Anything })
        {
            _shared.Add(language);
        }
    }

    private sealed class Structure : IEqualityComparer<Language>
    {
        public static readonly Structure Comparer = new();

        public bool Equals(Language? a, Language? b) => ReferenceEquals(a, b) || (a is not null && b is not null && a.IsSame(b));

        public int GetHashCode(Language language) => language.StructureHash;
    }
}
