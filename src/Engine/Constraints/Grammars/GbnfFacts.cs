namespace Engine.Constraints.Grammars;

/// <summary>Finds out which rules derive any text and how long the shortest is, leaves out what derives none, and refuses left recursion.</summary>
internal static class GbnfFacts
{
    // Enough for any hand-written grammar: a rule is revisited when one that it calls has become shorter.
    private const int MaxVisits = 20_000_000;

    // Longer than any answer, and small enough that sums do not overflow.
    private const int Endless = 1 << 30;

    // The automaton recurses from a rule into the rule it calls first.
    private const int MaxChain = 1_000;

    /// <summary>Fills in <see cref="GbnfRule.Shortest"/>.</summary>
    public static void FindShortest(IReadOnlyList<GbnfRule> rules)
    {
        var callers = new List<GbnfRule>[rules.Count];
        for (int i = 0; i < rules.Count; i++)
        {
            callers[i] = [];
            rules[i].Shortest = int.MaxValue;
        }
        foreach (GbnfRule rule in rules)
        {
            foreach (GbnfRule called in Calls(rule.Body!))
            {
                callers[called.Index].Add(rule);
            }
        }
        var waiting = new Queue<GbnfRule>(rules);
        bool[] waits = new bool[rules.Count];
        Array.Fill(waits, true);
        int visits = 0;
        while (waiting.TryDequeue(out GbnfRule? rule))
        {
            waits[rule.Index] = false;
            int shortest = Shortest(rule.Body!, ref visits);
            if (visits > MaxVisits)
            {
                throw new InvalidRequestException("Reading a grammar: its rules call each other in too many ways to find out which texts they derive. Simplify it.");
            }
            if (shortest < rule.Shortest)
            {
                rule.Shortest = shortest;
                foreach (GbnfRule caller in callers[rule.Index])
                {
                    if (!waits[caller.Index])
                    {
                        waits[caller.Index] = true;
                        waiting.Enqueue(caller);
                    }
                }
            }
        }
    }

    /// <summary>UTF-8 bytes of the shortest text of a part; <see cref="int.MaxValue"/> if it derives none.</summary>
    public static int Shortest(GbnfNode node)
    {
        int visits = 0;
        return Shortest(node, ref visits);
    }

    /// <summary>A part without the pieces that derive no text; null if nothing is left.</summary>
    public static GbnfNode? Prune(GbnfNode node)
    {
        switch (node)
        {
            case GbnfNode.Class { Set.IsEmpty: true } or GbnfNode.Reference { Rule.IsProductive: false }:
                return null;
            case GbnfNode.Sequence sequence:
                GbnfNode?[] parts = [.. sequence.Parts.Select(Prune)];
                return parts.Contains(null) ? null : new GbnfNode.Sequence(parts!);
            case GbnfNode.Either either:
                GbnfNode[] options = [.. either.Options.Select(Prune).OfType<GbnfNode>()];
                return options.Length switch { 0 => null, 1 => options[0], _ => new GbnfNode.Either(options) };
            case GbnfNode.Repeat repeat:
                return Prune(repeat.Part) is { } part ? new GbnfNode.Repeat(part, repeat.Min, repeat.Max, repeat.Position)
                    : repeat.Min == 0 ? new GbnfNode.Literal("") : null;
            default:
                return node;
        }
    }

    /// <summary>The rules that a part calls, each as often as it is called.</summary>
    public static IEnumerable<GbnfRule> Calls(GbnfNode node)
    {
        var found = new List<GbnfRule>();
        Add(node, found, firstOnly: false);
        return found;
    }

    /// <summary>Refuses a rule that can reach itself before anything is read.</summary>
    public static void RefuseLeftRecursion(IReadOnlyList<GbnfRule> rules, GbnfText text)
    {
        var state = new byte[rules.Count]; // 0 not seen, 1 on the path, 2 done
        var path = new List<(GbnfRule Rule, List<GbnfRule> First, int Next)>();
        foreach (GbnfRule start in rules)
        {
            if (state[start.Index] == 0)
            {
                Enter(start);
            }
            while (path.Count > 0)
            {
                (GbnfRule rule, List<GbnfRule> first, int next) = path[^1];
                if (next == first.Count)
                {
                    state[rule.Index] = 2;
                    path.RemoveAt(path.Count - 1);
                    continue;
                }
                path[^1] = (rule, first, next + 1);
                GbnfRule called = first[next];
                if (state[called.Index] == 1)
                {
                    IEnumerable<string> circle = path.Select(step => step.Rule).SkipWhile(step => step != called).Append(called).Select(step => GbnfText.Brief(step.Name));
                    string[] names = [.. circle];
                    string shown = names.Length <= 8 ? string.Join(" → ", names) : $"{string.Join(" → ", names[..6])} → … → {names[^1]}";
                    throw text.Refuse(called.Defined, $"the rule '{GbnfText.Brief(called.Name)}' calls itself before anything is read ({shown}). Write what repeats with * or +, or put what is read first");
                }
                if (state[called.Index] == 0)
                {
                    Enter(called);
                }
            }
        }

        void Enter(GbnfRule rule)
        {
            if (path.Count == MaxChain)
            {
                throw text.Refuse(rule.Defined, $"at most {MaxChain:N0} rules are supported that call each other as the first thing. Join some of them");
            }
            var first = new List<GbnfRule>();
            Add(rule.Body!, first, firstOnly: true);
            state[rule.Index] = 1;
            path.Add((rule, first, 0));
        }
    }

    private static void Add(GbnfNode node, List<GbnfRule> found, bool firstOnly)
    {
        switch (node)
        {
            case GbnfNode.Reference reference:
                found.Add(reference.Rule);
                break;
            case GbnfNode.Sequence sequence:
                foreach (GbnfNode part in sequence.Parts)
                {
                    Add(part, found, firstOnly);
                    if (firstOnly && Shortest(part) > 0)
                    {
                        break;
                    }
                }
                break;
            case GbnfNode.Either either:
                foreach (GbnfNode option in either.Options)
                {
                    Add(option, found, firstOnly);
                }
                break;
            case GbnfNode.Repeat repeat:
                Add(repeat.Part, found, firstOnly);
                break;
            default:
                break;
        }
    }

    private static int Shortest(GbnfNode node, ref int visits)
    {
        visits++;
        switch (node)
        {
            case GbnfNode.Class one:
                return one.Set.IsEmpty ? int.MaxValue : one.Set.Ranges[0].First switch { < 0x80 => 1, < 0x800 => 2, < 0x10000 => 3, _ => 4 };
            case GbnfNode.Literal literal:
                return System.Text.Encoding.UTF8.GetByteCount(literal.Text);
            case GbnfNode.Reference reference:
                return reference.Rule.Shortest;
            case GbnfNode.Sequence sequence:
                int sum = 0;
                foreach (GbnfNode part in sequence.Parts)
                {
                    int shortest = Shortest(part, ref visits);
                    if (shortest == int.MaxValue)
                    {
                        return int.MaxValue;
                    }
                    sum = Math.Min(sum + shortest, Endless);
                }
                return sum;
            case GbnfNode.Either either:
                int least = int.MaxValue;
                foreach (GbnfNode option in either.Options)
                {
                    least = Math.Min(least, Shortest(option, ref visits));
                }
                return least;
            case GbnfNode.Repeat { Min: 0 }:
                return 0;
            case GbnfNode.Repeat repeat:
                int once = Shortest(repeat.Part, ref visits);
                return once == int.MaxValue ? once : (int)Math.Min((long)once * repeat.Min, Endless);
            default:
                throw new InvalidOperationException($"A grammar has no part {node}.");
        }
    }
}
