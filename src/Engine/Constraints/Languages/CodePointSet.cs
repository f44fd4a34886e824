using System.Runtime.InteropServices;

namespace Engine.Constraints.Languages;

/// <summary>A set of Unicode scalar values: ascending ranges that neither overlap nor touch. No set contains surrogates.</summary>
internal sealed class CodePointSet : IEquatable<CodePointSet>
{
    public const int Last = 0x10FFFF;
    private const int FirstSurrogate = 0xD800, LastSurrogate = 0xDFFF;

    private readonly (int First, int Last)[] _ranges;
    private readonly int _hash;

    public static readonly CodePointSet None = new([]);
    public static readonly CodePointSet All = new([(0, FirstSurrogate - 1), (LastSurrogate + 1, Last)]);

    private CodePointSet((int First, int Last)[] ranges)
    {
        _ranges = ranges;
        HashCode hash = new();
        hash.AddBytes(MemoryMarshal.AsBytes(ranges.AsSpan()));
        _hash = hash.ToHashCode();
    }

    public ReadOnlySpan<(int First, int Last)> Ranges => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>The set of some ranges, which may come in any order, overlap, contain surrogates, or be empty (first beyond last).</summary>
    public static CodePointSet Of(ReadOnlySpan<(int First, int Last)> ranges)
    {
        List<(int First, int Last)> kept = new(ranges.Length + 1);
        foreach ((int first, int last) in ranges)
        {
            AddOutsideSurrogates(kept, Math.Max(first, 0), Math.Min(last, Last));
        }
        if (kept.Count > 1)
        {
            kept.Sort();
        }
        int count = 0;
        foreach ((int first, int last) in CollectionsMarshal.AsSpan(kept))
        {
            if (count > 0 && first <= kept[count - 1].Last + 1)
            {
                kept[count - 1] = (kept[count - 1].First, Math.Max(kept[count - 1].Last, last));
            }
            else
            {
                kept[count++] = (first, last);
            }
        }
        return count == 0 ? None : new(CollectionsMarshal.AsSpan(kept)[..count].ToArray());
    }

    public static CodePointSet operator |(CodePointSet a, CodePointSet b) => a.IsEmpty ? b : b.IsEmpty ? a : Of([.. a._ranges, .. b._ranges]);

    public static CodePointSet operator &(CodePointSet a, CodePointSet b)
    {
        List<(int First, int Last)> both = [];
        for (int i = 0, j = 0; i < a._ranges.Length && j < b._ranges.Length;)
        {
            int first = Math.Max(a._ranges[i].First, b._ranges[j].First), last = Math.Min(a._ranges[i].Last, b._ranges[j].Last);
            if (first <= last)
            {
                both.Add((first, last));
            }
            if (a._ranges[i].Last < b._ranges[j].Last)
            {
                i++;
            }
            else
            {
                j++;
            }
        }
        return both.Count == 0 ? None : new([.. both]);
    }

    /// <summary>All other scalar values.</summary>
    public static CodePointSet operator ~(CodePointSet set)
    {
        List<(int First, int Last)> others = [];
        int next = 0;
        foreach ((int first, int last) in set._ranges)
        {
            AddOutsideSurrogates(others, next, first - 1);
            next = last + 1;
        }
        AddOutsideSurrogates(others, next, Last);
        return others.Count == 0 ? None : new([.. others]);
    }

    public bool Contains(int codePoint)
    {
        foreach ((int first, int last) in _ranges)
        {
            if (codePoint <= last)
            {
                return codePoint >= first;
            }
        }
        return false;
    }

    public bool Equals(CodePointSet? other) => other is not null && _hash == other._hash && _ranges.AsSpan().SequenceEqual(other._ranges);

    public override bool Equals(object? obj) => Equals(obj as CodePointSet);

    public override int GetHashCode() => _hash;

    private static void AddOutsideSurrogates(List<(int First, int Last)> ranges, int first, int last)
    {
        if (first <= Math.Min(last, FirstSurrogate - 1))
        {
            ranges.Add((first, Math.Min(last, FirstSurrogate - 1)));
        }
        if (Math.Max(first, LastSurrogate + 1) <= last)
        {
            ranges.Add((Math.Max(first, LastSurrogate + 1), last));
        }
    }
}
