namespace Engine.Constraints.Grammars;

/// <summary>Rewrites repetitions of parts that may be empty so that every round reads something; otherwise a rule could reach itself without reading
/// anything. The texts stay the same.</summary>
/// <param name="rules">The grammar's rules. A copy without the empty text is added for each rule that needs one.</param>
/// <param name="text">For messages.</param>
internal sealed class GbnfNonEmpty(List<GbnfRule> rules, GbnfText text)
{
    // In a sequence whose parts may all be empty, any part may be the first that is not.
    private const int MaxParts = 100;

    private readonly Dictionary<GbnfRule, GbnfRule> _nonEmpty = [];

    /// <summary>Rewrites all rules.</summary>
    public void Rewrite()
    {
        for (int i = 0; i < rules.Count; i++) // the list grows in the loop
        {
            rules[i].Body = Rewrite(rules[i].Body!);
        }
    }

    private GbnfNode Rewrite(GbnfNode node)
    {
        switch (node)
        {
            case GbnfNode.Sequence sequence:
                return new GbnfNode.Sequence([.. sequence.Parts.Select(Rewrite)]);
            case GbnfNode.Either either:
                return new GbnfNode.Either([.. either.Options.Select(Rewrite)]);
            case GbnfNode.Repeat repeat when GbnfFacts.Shortest(repeat.Part) == 0 && GbnfFacts.Calls(repeat.Part).Any():
                return NonEmpty(repeat.Part, repeat.Position) is { } part ? new GbnfNode.Repeat(Rewrite(part), 0, repeat.Max, repeat.Position) : new GbnfNode.Literal("");
            case GbnfNode.Repeat repeat:
                return new GbnfNode.Repeat(Rewrite(repeat.Part), repeat.Min, repeat.Max, repeat.Position);
            default:
                return node;
        }
    }

    // The texts of a part except the empty one; null if there are no others.
    private GbnfNode? NonEmpty(GbnfNode node, int position)
    {
        if (GbnfFacts.Shortest(node) > 0)
        {
            return node;
        }
        switch (node)
        {
            case GbnfNode.Reference { Rule: var rule }:
                return new GbnfNode.Reference(NonEmpty(rule));
            case GbnfNode.Either either:
                return Either([.. either.Options.Select(option => NonEmpty(option, position)).OfType<GbnfNode>()]);
            case GbnfNode.Repeat repeat:
                return NonEmpty(repeat.Part, position) is { } part ? new GbnfNode.Repeat(part, 1, repeat.Max, repeat.Position) : null;
            case GbnfNode.Sequence { Parts: var parts }:
                if (parts.Count > MaxParts)
                {
                    throw text.Refuse(position, $"at most {MaxParts} parts that may all be empty are supported in what is repeated, found {parts.Count}. Make one of them required");
                }
                return Either([.. parts.Select((each, i) => NonEmpty(each, position) is not { } first ? null
                    : i == parts.Count - 1 ? first : new GbnfNode.Sequence([first, .. parts.Skip(i + 1)])).OfType<GbnfNode>()]);
            default:
                return null; // the empty literal
        }
    }

    private static GbnfNode? Either(GbnfNode[] options) => options.Length switch { 0 => null, 1 => options[0], _ => new GbnfNode.Either(options) };

    private GbnfRule NonEmpty(GbnfRule rule)
    {
        if (!_nonEmpty.TryGetValue(rule, out GbnfRule? other))
        {
            // Added before its body is made, because the body may call it. Rules that nothing meets are left out afterwards.
            _nonEmpty.Add(rule, other = new GbnfRule(rules.Count, rule.Name, rule.Used) { Defined = rule.Defined, Shortest = 1 });
            rules.Add(other);
            other.Body = NonEmpty(rule.Body!, rule.Defined) ?? new GbnfNode.Class(Languages.CodePointSet.None);
        }
        return other;
    }
}
