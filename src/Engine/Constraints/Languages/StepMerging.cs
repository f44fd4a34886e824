using System.Runtime.InteropServices;

namespace Engine.Constraints.Languages;

/// <summary>Combines the steps of several languages, range by range, into the steps of their union, intersection or concatenation.</summary>
internal static class StepMerging
{
    private delegate Language Combine(LanguageSpace space, ReadOnlySpan<Language> targets);

    /// <summary>Every step followed by <paramref name="tail"/>.</summary>
    public static TextStep[] Append(LanguageSpace space, TextStep[] moves, Language tail)
    {
        List<TextStep> appended = new(moves.Length);
        TextState? last = null;
        Language? next = null;
        foreach (TextStep move in moves)
        {
            if (move.Next != last)
            {
                last = move.Next;
                next = space.Concatenated((Language)last, tail);
            }
            Add(appended, move.First, move.Last, next!, space);
        }
        return [.. appended];
    }

    /// <param name="space">Where the targets are made.</param>
    /// <param name="all">The steps of all languages, in any order.</param>
    public static TextStep[] Union(LanguageSpace space, List<TextStep> all) =>
        Sweep(space, all, 1, static (space, targets) => space.United(targets));

    /// <param name="space">Where the targets are made.</param>
    /// <param name="all">The steps of all languages, in any order.</param>
    /// <param name="count">How many languages there are. Code points without a step in each of them are left out.</param>
    public static TextStep[] Intersection(LanguageSpace space, List<TextStep> all, int count) =>
        Sweep(space, all, count, static (space, targets) => space.Intersected(targets));

    public static TextStep[] Complement(LanguageSpace space, TextStep[] moves)
    {
        List<TextStep> others = new(2 * moves.Length + 2);
        int next = 0;
        foreach (TextStep move in moves)
        {
            AddGap(next, move.First - 1);
            Add(others, move.First, move.Last, space.Complemented((Language)move.Next), space);
            next = move.Last + 1;
        }
        AddGap(next, CodePointSet.Last);
        return [.. others];

        void AddGap(int first, int last)
        {
            foreach ((int allFirst, int allLast) in CodePointSet.All.Ranges)
            {
                if (Math.Max(first, allFirst) <= Math.Min(last, allLast))
                {
                    Add(others, Math.Max(first, allFirst), Math.Min(last, allLast), space.Anything, space);
                }
            }
        }
    }

    /// <summary>Adds a step, unless it leads to nothing. A step that touches the last one and leads to the same state is merged with it.</summary>
    public static void Add(List<TextStep> steps, int first, int last, Language next, LanguageSpace space)
    {
        if (next == space.Nothing)
        {
            return;
        }
        if (steps.Count > 0 && steps[^1] is var before && before.Last + 1 == first && before.Next == next)
        {
            steps[^1] = before with { Last = last };
        }
        else
        {
            steps.Add(new(first, last, next));
        }
    }

    /// <summary>Sweeps from the lowest code point to the highest, combining the targets wherever at least <paramref name="least"/> steps overlap.</summary>
    private static TextStep[] Sweep(LanguageSpace space, List<TextStep> all, int least, Combine combine)
    {
        Span<TextStep> steps = CollectionsMarshal.AsSpan(all);
        if (steps.Length > 1)
        {
            Span<int> firsts = steps.Length <= 128 ? stackalloc int[steps.Length] : new int[steps.Length];
            for (int i = 0; i < steps.Length; i++)
            {
                firsts[i] = steps[i].First;
            }
            firsts.Sort(steps);
        }
        List<TextStep> merged = new(steps.Length);
        List<TextStep> open = [];
        List<(Language[] Targets, Language Combined)> known = [];
        int position = 0;
        for (int next = 0; next < steps.Length || open.Count > 0;)
        {
            if (open.Count == 0)
            {
                position = steps[next].First;
            }
            while (next < steps.Length && steps[next].First == position)
            {
                open.Add(steps[next++]);
            }
            int last = next < steps.Length ? steps[next].First - 1 : CodePointSet.Last;
            foreach (TextStep step in open)
            {
                last = Math.Min(last, step.Last);
            }
            if (open.Count >= least)
            {
                Language target = open.Count == 1 ? (Language)open[0].Next : CombineOnce(open);
                Add(merged, position, last, target, space);
            }
            int kept = 0;
            for (int i = 0; i < open.Count; i++)
            {
                if (open[i].Last > last)
                {
                    open[kept++] = open[i];
                }
            }
            open.RemoveRange(kept, open.Count - kept);
            position = last + 1;
        }
        return [.. merged];

        Language CombineOnce(List<TextStep> open)
        {
            foreach ((Language[] targets, Language combined) in known)
            {
                if (targets.Length == open.Count)
                {
                    int i = 0;
                    while (i < targets.Length && targets[i] == open[i].Next)
                    {
                        i++;
                    }
                    if (i == targets.Length)
                    {
                        return combined;
                    }
                }
            }
            var fresh = new Language[open.Count];
            for (int i = 0; i < fresh.Length; i++)
            {
                fresh[i] = (Language)open[i].Next;
            }
            Language made = combine(space, fresh);
            if (known.Count < 16)
            {
                known.Add((fresh, made));
            }
            return made;
        }
    }
}
