namespace Engine.Constraints.Grammars;

/// <summary>Finds the rules that call each other in circles: strongly connected components (Tarjan 1972, https://doi.org/10.1137/0201010).</summary>
internal static class GbnfCircles
{
    /// <summary>The circles. Each rule is in exactly one, most rules are alone in theirs, and called rules come before their callers.</summary>
    public static IReadOnlyList<IReadOnlyList<GbnfRule>> Of(IReadOnlyList<GbnfRule> rules)
    {
        var circles = new List<IReadOnlyList<GbnfRule>>();
        var number = new int[rules.Count]; // 0 for not seen
        var lowest = new int[rules.Count];
        var isOpen = new bool[rules.Count];
        var open = new Stack<GbnfRule>();
        var path = new Stack<(GbnfRule Rule, IEnumerator<GbnfRule> Calls)>();
        int last = 0;
        foreach (GbnfRule start in rules)
        {
            if (number[start.Index] == 0)
            {
                Enter(start);
            }
            while (path.TryPeek(out (GbnfRule Rule, IEnumerator<GbnfRule> Calls) step))
            {
                int at = step.Rule.Index;
                if (step.Calls.MoveNext())
                {
                    GbnfRule called = step.Calls.Current;
                    if (number[called.Index] == 0)
                    {
                        Enter(called);
                    }
                    else if (isOpen[called.Index])
                    {
                        lowest[at] = Math.Min(lowest[at], number[called.Index]);
                    }
                    continue;
                }
                path.Pop();
                if (path.TryPeek(out (GbnfRule Rule, IEnumerator<GbnfRule>) caller))
                {
                    lowest[caller.Rule.Index] = Math.Min(lowest[caller.Rule.Index], lowest[at]);
                }
                if (lowest[at] == number[at])
                {
                    var circle = new List<GbnfRule>();
                    do
                    {
                        circle.Add(open.Pop());
                        isOpen[circle[^1].Index] = false;
                    }
                    while (circle[^1] != step.Rule);
                    circles.Add(circle);
                }
            }
        }
        return circles;

        void Enter(GbnfRule rule)
        {
            number[rule.Index] = lowest[rule.Index] = ++last;
            isOpen[rule.Index] = true;
            open.Push(rule);
            path.Push((rule, GbnfFacts.Calls(rule.Body!).GetEnumerator()));
        }
    }
}
