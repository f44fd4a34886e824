using System.Text;

namespace Engine.Constraints.Languages;

/// <summary>The rest of one text; the empty text if all of it has been read.</summary>
internal sealed class SingleText(LanguageSpace space, string text, int offset, int length)
    : Language(space, offset == text.Length, new(length, length), isPlain: true, depth: 1)
{
    public string Text { get; } = text;

    /// <summary>How many characters (UTF-16) have been read.</summary>
    public int Offset { get; } = offset;

    internal override int StructureHash => string.GetHashCode(Text.AsSpan(Offset), StringComparison.Ordinal);

    internal override bool IsSame(Language other) =>
        other is SingleText l && Text.AsSpan(Offset).SequenceEqual(l.Text.AsSpan(l.Offset));

    private protected override TextStep[] Derive()
    {
        if (Accepts)
        {
            return [];
        }
        Rune rune = Rune.GetRuneAt(Text, Offset);
        return [new(rune.Value, rune.Value, Space.Literally(Text, Offset + rune.Utf16SequenceLength, Lengths.Min - 1))];
    }
}

/// <summary>A finite set of texts with a common beginning that has been read: a node of their tree, whose children are
/// made when they are requested.</summary>
internal sealed class TextTree : Language
{
    private readonly string[] _texts;
    private readonly int _from, _to, _offset;

    /// <param name="space">Where the children are made.</param>
    /// <param name="texts">In ordinal order, each once.</param>
    /// <param name="from">The first text with this beginning.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="offset">The length of the beginning (UTF-16).</param>
    public TextTree(LanguageSpace space, string[] texts, int from, int to, int offset)
        : base(space, texts[from].Length == offset, Bounds(texts.AsSpan(from, to - from), offset), isPlain: true, depth: 1)
    {
        _texts = texts;
        _from = from;
        _to = to;
        _offset = offset;
    }

    /// <summary>The texts, including the common beginning.</summary>
    public ReadOnlySpan<string> Texts => _texts.AsSpan(_from, _to - _from);

    internal override int StructureHash
    {
        get
        {
            HashCode hash = new();
            hash.Add(_offset);
            foreach (string text in Texts)
            {
                hash.Add(text);
            }
            return hash.ToHashCode();
        }
    }

    internal override bool IsSame(Language other) => other is TextTree tree && _offset == tree._offset && Texts.SequenceEqual(tree.Texts);

    private protected override TextStep[] Derive()
    {
        List<TextStep> children = [];
        for (int from = Accepts ? _from + 1 : _from; from < _to;)
        {
            Rune rune = Rune.GetRuneAt(_texts[from], _offset);
            int to = from + 1;
            while (to < _to && Rune.GetRuneAt(_texts[to], _offset) == rune)
            {
                to++;
            }
            int offset = _offset + rune.Utf16SequenceLength;
            children.Add(new(rune.Value, rune.Value, to - from == 1
                ? Space.Literally(_texts[from], offset, CountRunes(_texts[from].AsSpan(offset)))
                : new TextTree(Space, _texts, from, to, offset)));
            from = to;
        }
        // Ordinal order puts surrogate pairs before U+E000, but by code point they come after it.
        children.Sort(static (a, b) => a.First.CompareTo(b.First));
        List<TextStep> merged = new(children.Count);
        foreach (TextStep child in children)
        {
            StepMerging.Add(merged, child.First, child.Last, (Language)child.Next, Space);
        }
        return [.. merged];
    }

    internal static int CountRunes(ReadOnlySpan<char> text)
    {
        int count = 0;
        foreach (Rune _ in text.EnumerateRunes())
        {
            count++;
        }
        return count;
    }

    private static Lengths Bounds(ReadOnlySpan<string> texts, int offset)
    {
        int min = int.MaxValue, max = 0;
        foreach (string text in texts)
        {
            min = Math.Min(min, text.Length - offset);
            max = Math.Max(max, text.Length - offset);
        }
        // At worst, every code point is a surrogate pair.
        return new((min + 1) / 2, max);
    }
}
