using System.Runtime.CompilerServices;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>A regular expression that matches at every position, so that words follow each other without gaps.</summary>
internal abstract class WordSplitter : Splitter
{
    /// <summary>The flags excluded by <c>[^\s\p{L}\p{N}]</c>: letters, numbers and blanks.</summary>
    protected const CodePointFlags WordOrBlank = CodePointFlags.Letter | CodePointFlags.Number | CodePointFlags.Whitespace;

    /// <inheritdoc/>
    public override void Split(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int start, List<int> ends)
    {
        while (start < points.Length)
        {
            start = WordEnd(points, flags, start);
            ends.Add(start);
        }
    }

    /// <summary>Where the word that begins at a position ends.</summary>
    protected abstract int WordEnd(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int at);

    /// <summary>The flags at a position; none beyond the end of the text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static CodePointFlags At(ReadOnlySpan<CodePointFlags> flags, int at) =>
        (uint)at < (uint)flags.Length ? flags[at] : CodePointFlags.None;

    /// <summary>The end of a run of code points that have one of the flags.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static int RunOf(CodePointFlags wanted, ReadOnlySpan<CodePointFlags> flags, int at)
    {
        while ((uint)at < (uint)flags.Length && (flags[at] & wanted) != 0)
        {
            at++;
        }
        return at;
    }

    /// <summary>The end of a run of code points that have none of the flags.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static int RunWithout(CodePointFlags unwanted, ReadOnlySpan<CodePointFlags> flags, int at)
    {
        while ((uint)at < (uint)flags.Length && (flags[at] & unwanted) == 0)
        {
            at++;
        }
        return at;
    }

    /// <summary><c>'s|'t|'re|'ve|'m|'ll|'d</c>: its number of characters, or 0.</summary>
    protected static int Contraction(ReadOnlySpan<int> points, int at, bool ignoreCase)
    {
        if ((uint)at >= (uint)points.Length || points[at] != '\'')
        {
            return 0;
        }
        int fold = ignoreCase ? 0x20 : 0; // for ASCII letters; no other letter has one of these as its lower case
        int first = at + 1 < points.Length ? points[at + 1] | fold : 0;
        int second = at + 2 < points.Length ? points[at + 2] | fold : 0;
        return (first, second) switch
        {
            ('s' or 't' or 'm' or 'd', _) => 2,
            ('r', 'e') or ('v', 'e') or ('l', 'l') => 3,
            _ => 0,
        };
    }

    /// <summary><c>\s*[\r\n]+|\s+(?!\S)|\s+</c>, the first part only if requested; the position itself if there is no blank.</summary>
    protected static int Blanks(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int at, bool newlinesEnd)
    {
        int end = RunOf(CodePointFlags.Whitespace, flags, at);
        if (newlinesEnd)
        {
            int newline = points[at..end].LastIndexOfAny('\r', '\n');
            if (newline >= 0)
            {
                return at + newline + 1;
            }
        }
        // the last blank before a word belongs to the word
        return end - at > 1 && end < points.Length ? end - 1 : end;
    }
}
