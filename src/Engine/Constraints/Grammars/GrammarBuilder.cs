using Engine.Constraints.Languages;

namespace Engine.Constraints.Grammars;

/// <summary>Builds rules from the parts that are not regular. A repetition becomes a rule that calls itself last, which leaves nothing on the automaton's stack.</summary>
/// <param name="folding">Knows what is regular.</param>
/// <param name="space">The space of the languages.</param>
/// <param name="text">For messages.</param>
internal sealed class GrammarBuilder(GbnfFolding folding, LanguageSpace space, GbnfText text)
{
    // Each counted repetition becomes an item of a rule.
    private const int MaxCount = 2_000;

    private readonly Dictionary<GbnfRule, GrammarRule> _rules = [];
    private readonly Queue<GbnfRule> _waiting = [];
    private int _made;

    /// <summary>A rule with all that it calls.</summary>
    public GrammarRule Build(GbnfRule root)
    {
        GrammarRule built = Of(root);
        while (_waiting.TryDequeue(out GbnfRule? rule))
        {
            _rules[rule].Options = Options(rule.Body!);
        }
        return built;
    }

    // Its options are filled in later, because rules call each other.
    private GrammarRule Of(GbnfRule rule)
    {
        if (!_rules.TryGetValue(rule, out GrammarRule? built))
        {
            _rules.Add(rule, built = new GrammarRule(rule.Name) { Shortest = rule.Shortest });
            _waiting.Enqueue(rule);
        }
        return built;
    }

    private GrammarRule Made(GbnfNode node) => new($"{++_made}") { Options = Options(node), Shortest = GbnfFacts.Shortest(node) };

    private IReadOnlyList<IReadOnlyList<GrammarItem>> Options(GbnfNode node)
    {
        if (node is not GbnfNode.Either { Options: var options } || folding.Fold(node) is not null)
        {
            return [Items(node)];
        }
        // The regular options become a single one.
        GbnfNode[] regular = [.. options.Where(option => folding.Fold(option) is not null)];
        List<IReadOnlyList<GrammarItem>> built = [.. options.Where(option => folding.Fold(option) is null).SelectMany(Options)];
        if (regular.Length > 0)
        {
            built.Add(Terminal(folding.FoldOptions(regular)!));
        }
        return built;
    }

    private IReadOnlyList<GrammarItem> Items(GbnfNode node)
    {
        if (folding.Fold(node) is { } language)
        {
            return Terminal(language);
        }
        switch (node)
        {
            case GbnfNode.Reference reference:
                return [new GrammarItem.Call(Of(reference.Rule))];
            case GbnfNode.Sequence sequence:
                return Joined(sequence.Parts.SelectMany(Items));
            case GbnfNode.Repeat repeat:
                return Joined(Repeated(repeat));
            default:
                return [new GrammarItem.Call(Made(node))];
        }
    }

    private IEnumerable<GrammarItem> Repeated(GbnfNode.Repeat repeat)
    {
        int optional = repeat.Max - repeat.Min ?? 0;
        if (Math.Max(repeat.Min, optional) > MaxCount)
        {
            throw text.Refuse(repeat.Position, $"at most {MaxCount:N0} times are supported of what calls rules that call themselves, found {Math.Max(repeat.Min, repeat.Max ?? 0):N0}. Leave the bound out");
        }
        IReadOnlyList<GrammarItem> part = Items(repeat.Part);
        GrammarItem once = part.Count == 1 ? part[0] : new GrammarItem.Call(Made(repeat.Part));
        foreach (int _ in Enumerable.Range(0, repeat.Min))
        {
            yield return once;
        }
        if (repeat.Max is null)
        {
            var more = new GrammarRule($"{++_made}*") { Shortest = 0 };
            more.Options = [[once, new GrammarItem.Call(more)], []];
            yield return new GrammarItem.Call(more);
        }
        else if (optional > 0)
        {
            GrammarRule? rest = null;
            for (int i = 0; i < optional; i++)
            {
                rest = new GrammarRule($"{++_made}?") { Options = [rest is null ? [once] : [once, new GrammarItem.Call(rest)], []], Shortest = 0 };
            }
            yield return new GrammarItem.Call(rest!);
        }
    }

    private IReadOnlyList<GrammarItem> Terminal(Language language) => language == space.Empty ? [] : [new GrammarItem.Terminal(language)];

    // Adjacent terminals become a single one.
    private List<GrammarItem> Joined(IEnumerable<GrammarItem> items)
    {
        var joined = new List<GrammarItem>();
        foreach (GrammarItem item in items)
        {
            if (item is GrammarItem.Terminal(var next) && joined is [.., GrammarItem.Terminal(var last)])
            {
                joined[^1] = new GrammarItem.Terminal(space.Sequence(last, next));
            }
            else
            {
                joined.Add(item);
            }
        }
        return joined;
    }
}
