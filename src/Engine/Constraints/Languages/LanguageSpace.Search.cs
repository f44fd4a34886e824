using System.Text;

namespace Engine.Constraints.Languages;

/// <summary>Finds out which languages have a text. Plain ones do; if intersections or complements are involved, a text is searched for.</summary>
internal sealed partial class LanguageSpace
{
    /// <summary>How many states may be looked at for the steps of one state, and by all long searches that find nothing together, before searches are cut short.</summary>
    private const int MaxSearchPerStep = 5_000, MaxVainSearch = 200_000, ShortSearch = 100;

    private readonly Dictionary<Language, long> _ways = [], _nextWays = [];
    private int _vainlySearched;

    /// <summary>The steps of a state that lead to some text.</summary>
    internal TextStep[] FindSteps(Language language)
    {
        lock (_gate)
        {
            if (_shared.Count + _withMoves.Count > MaxKept)
            {
                Reset();
            }
            TextStep[] moves = language.Moves;
            int dead = 0;
            foreach (TextStep move in moves)
            {
                dead += MayContinue((Language)move.Next) ? 0 : 1;
            }
            if (dead == 0)
            {
                return language.KeepSteps(moves);
            }
            List<TextStep> alive = new(moves.Length - dead);
            foreach (TextStep move in moves)
            {
                if (((Language)move.Next).Life is Life.Alive)
                {
                    alive.Add(move);
                }
            }
            return language.KeepSteps([.. alive]);
        }
    }

    /// <summary>What is known about a language without a search.</summary>
    internal static Life KnownLife(Language language)
    {
        if (language.Life is Life.Unknown)
        {
            language.Life = language.Accepts || language.IsPlain || language.TakesAnything ? Life.Alive : language.LifeOfParts();
        }
        return language.Life;
    }

    private bool MayContinue(Language language)
    {
        Life life = KnownLife(language);
        if (life is Life.Unknown)
        {
            life = Search(language, _vainlySearched > MaxVainSearch ? ShortSearch : MaxSearchPerStep);
            language.Life = life;
        }
        return life is Life.Alive;
    }

    /// <summary>Refuses a language with many states, because its complement must know all of them.</summary>
    private void CheckBounded(Language language)
    {
        if (language is TextTree or SingleText or OneCodePoint or Complement)
        {
            return;
        }
        _dropped = false;
        HashSet<Language> seen = [language];
        Queue<Language> open = new(seen);
        long size = 0;
        while (open.TryDequeue(out Language? state))
        {
            size += state.Size;
            if (size > MaxSearchSize || seen.Count > MaxComplemented || _dropped)
            {
                throw TooComplex();
            }
            foreach (TextStep move in state.Moves)
            {
                if (move.Next is not (TextTree or SingleText) && seen.Add((Language)move.Next))
                {
                    open.Enqueue((Language)move.Next);
                }
            }
        }
    }

    /// <summary>Searches for a text, best first by the minimum length of what is left.</summary>
    private Life Search(Language start, int budget)
    {
        if (KnownLife(start) is Life.Alive or Life.Dead)
        {
            return start.Life;
        }
        Dictionary<Language, (Language From, int CodePoint)> reached = new() { [start] = default };
        PriorityQueue<(Language State, int Depth), long> open = new();
        open.Enqueue((start, 0), 0);
        long size = 0;
        while (open.TryDequeue(out (Language State, int Depth) at, out _))
        {
            size += at.State.Size;
            foreach (TextStep move in at.State.Moves)
            {
                var next = (Language)move.Next;
                if (KnownLife(next) is Life.Dead || !reached.TryAdd(next, (at.State, move.First)))
                {
                    continue;
                }
                if (next.Accepts || next.IsPlain || next is { Life: Life.Alive, Witness: not null })
                {
                    MarkAlive(start, next, reached);
                    return Life.Alive;
                }
                if (reached.Count > budget || size > MaxSearchSize)
                {
                    _vainlySearched += reached.Count;
                    return Life.Undecided;
                }
                open.Enqueue((next, at.Depth + 1), 4 * Effort(next) + at.Depth);
            }
        }
        foreach (Language state in reached.Keys)
        {
            state.Life = Life.Dead;
        }
        _vainlySearched += reached.Count > ShortSearch ? reached.Count : 0;
        return Life.Dead;
    }

    private static void MarkAlive(Language start, Language found, Dictionary<Language, (Language From, int CodePoint)> reached)
    {
        Witness? witness = found.Witness;
        for (Language state = found; state != start;)
        {
            (Language from, int codePoint) = reached[state];
            witness = new(codePoint, witness);
            from.Life = Life.Alive;
            from.Witness ??= witness;
            witness = from.Witness;
            state = from;
        }
    }

    /// <summary>An estimate of how many code points are missing.</summary>
    private static long Effort(Language state)
    {
        if (state is not Intersection intersection)
        {
            return state.Lengths.Min;
        }
        long effort = 0;
        foreach (Language part in intersection.Parts)
        {
            effort += part.Lengths.Min;
        }
        return effort;
    }

    /// <summary>The shortest total length first, and among equals the state that is furthest along.</summary>
    private static long Priority(int depth, Language state) => (((long)depth + state.Lengths.Min) << 31) - depth;

    private static string? FindShortest(Language start)
    {
        if (start.Accepts)
        {
            return "";
        }
        Dictionary<Language, (Language From, int CodePoint, int Depth)> reached = new() { [start] = default };
        PriorityQueue<(Language State, int Depth), long> open = new();
        open.Enqueue((start, 0), 0);
        while (open.TryDequeue(out (Language State, int Depth) at, out _))
        {
            if (at.State.Accepts)
            {
                return TextTo(at.State);
            }
            if (reached[at.State].Depth < at.Depth)
            {
                continue;
            }
            foreach (TextStep move in at.State.Moves)
            {
                var next = (Language)move.Next;
                int depth = at.Depth + 1;
                if (KnownLife(next) is Life.Dead || (reached.TryGetValue(next, out var before) && before.Depth <= depth))
                {
                    continue;
                }
                if (reached.Count > MaxSearch)
                {
                    throw TooComplex();
                }
                reached[next] = (at.State, Preferred(move), depth);
                open.Enqueue((next, depth), Priority(depth, next));
            }
        }
        return null;

        string TextTo(Language state)
        {
            List<int> codePoints = [];
            for (; state != start; state = reached[state].From)
            {
                codePoints.Add(reached[state].CodePoint);
            }
            codePoints.Reverse();
            StringBuilder text = new();
            foreach (int codePoint in codePoints)
            {
                text.Append(new Rune(codePoint));
            }
            return text.ToString();
        }

        // Preferably a character that is written as one byte without an escape.
        static int Preferred(TextStep move) => move.First <= 'a' && move.Last >= 'a' ? 'a' : move.First <= ' ' && move.Last >= ' ' ? ' ' : move.First;
    }

    private int Count(Language start, int limit)
    {
        if (limit <= 0 || Search(start, MaxSearch) is Life.Dead)
        {
            return 0;
        }
        long total = 0;
        int looked = 0;
        (Dictionary<Language, long> ways, Dictionary<Language, long> next) = (_ways, _nextWays);
        ways.Clear();
        ways.Add(start, 1);
        while (ways.Count > 0)
        {
            next.Clear();
            long open = 0;
            foreach ((Language state, long count) in ways)
            {
                total += state.Accepts ? count : 0;
                foreach (TextStep move in state.Moves)
                {
                    var target = (Language)move.Next;
                    Life life = Search(target, MaxSearch - looked);
                    if (life is Life.Dead)
                    {
                        continue;
                    }
                    if (life is not Life.Alive || ++looked > MaxSearch)
                    {
                        throw TooComplex();
                    }
                    long more = Math.Min(count * (move.Last - move.First + 1), limit);
                    next[target] = next.GetValueOrDefault(target) + more;
                    open += more;
                }
            }
            // Every open path still leads to at least one text of its own.
            if (total + open >= limit)
            {
                return limit;
            }
            (ways, next) = (next, ways);
        }
        return (int)total;
    }
}
