using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>Safe characters stand for themselves both in plain text and in a JSON string: all but the quote, the backslash and control characters.
/// Most tokens of a vocabulary consist only of them, and most places that allow one of them allow all.</summary>
internal static class SafeText
{
    /// <summary>A run without a bound.</summary>
    public const int AnyNumber = int.MaxValue;

    /// <summary>Runs longer than this are not distinguished.</summary>
    public const int LongestRun = 32;

    private const int LongestFreeRun = 128; // longer ones are not distinguished
    private const int MaxStates = 64; // states looked at for one run

    private static readonly (int First, int Last)[] Ranges = [(' ', '!'), ('#', '['), (']', 0xD7FF), (0xE000, 0x10FFFF)];

    /// <summary>The number of safe characters at the beginning of a text, and the number of their bytes. A character that is cut off is not safe.</summary>
    public static (int Characters, int Bytes) Prefix(ReadOnlySpan<byte> utf8)
    {
        int characters = 0, at = 0;
        while (at < utf8.Length && utf8[at] is >= 0x20 and not (byte)'"' and not (byte)'\\'
            && System.Text.Rune.DecodeFromUtf8(utf8[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
            characters++;
        }
        return (characters, at);
    }

    /// <summary>How many safe characters may follow, whichever they are.</summary>
    public static int Run(TextState from)
    {
        if (from.TakesAnything)
        {
            return AnyNumber;
        }
        var seen = new HashSet<TextState>(ReferenceEqualityComparer.Instance) { from };
        List<TextState> edge = [from], next = [];
        for (int length = 0; length < LongestRun; length++)
        {
            next.Clear();
            foreach (TextState state in edge)
            {
                if (!TakesAll(state, target => { if (!target.TakesAnything && seen.Add(target)) { next.Add(target); } }))
                {
                    return length;
                }
            }
            if (next.Count == 0)
            {
                return AnyNumber;
            }
            if (seen.Count > MaxStates)
            {
                return length;
            }
            (edge, next) = (next, edge);
        }
        return LongestRun;
    }

    /// <summary>Whether every safe character leads to one and the same state.</summary>
    public static bool LeadsToOne(TextState state)
    {
        TextState? one = null;
        bool same = true;
        return TakesAll(state, target => same &= ReferenceEquals(one ??= target, target)) && same;
    }

    /// <summary>How many characters may follow, whichever they are, with an end after each.</summary>
    public static int FreeRun(TextState state)
    {
        for (int length = 0; length < LongestFreeRun; length++)
        {
            if (!state.Accepts || state.Steps is not [{ First: 0, Last: 0xD7FF or 0x10FFFF } first, ..] steps || steps[^1].Last != 0x10FFFF || steps.Length > 2)
            {
                return length;
            }
            if (!ReferenceEquals(steps[^1].Next, first.Next) || (steps.Length == 2 && steps[1].First != 0xE000))
            {
                return length;
            }
            if (ReferenceEquals(first.Next, state))
            {
                return AnyNumber;
            }
            state = first.Next;
        }
        return LongestFreeRun;
    }

    private static bool TakesAll(TextState state, Action<TextState> target)
    {
        TextStep[] steps = state.Steps;
        int at = 0;
        foreach ((int first, int last) in Ranges)
        {
            int wanted = first;
            while (at < steps.Length && steps[at].Last < wanted)
            {
                at++;
            }
            int here = at;
            while (wanted <= last)
            {
                if (here >= steps.Length || steps[here].First > wanted)
                {
                    return false;
                }
                target(steps[here].Next);
                wanted = steps[here].Last + 1;
                if (wanted is > 0xD7FF and < 0xE000)
                {
                    wanted = 0xE000;
                }
                if (wanted <= last)
                {
                    here++;
                }
            }
        }
        return true;
    }
}
