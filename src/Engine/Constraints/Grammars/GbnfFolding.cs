using Engine.Constraints.Languages;

namespace Engine.Constraints.Grammars;

/// <summary>Turns the parts of a grammar that need no recursion into regular languages; also rules that call each other only at their very
/// ends, by Arden's lemma: X = AX | B is A*B.</summary>
internal sealed class GbnfFolding
{
    // Derivatives are computed recursively, so what nests deeper stays a rule.
    private const int MaxDepth = 200;

    // Each equation solved may square the length of the others.
    private const int MaxEquations = 8;

    private readonly LanguageSpace _space;
    private readonly Dictionary<GbnfNode, Language?> _nodes = new(ReferenceEqualityComparer.Instance);
    private readonly Language?[] _rules;

    /// <summary>Folds the rules, called ones before their callers.</summary>
    public GbnfFolding(IReadOnlyList<GbnfRule> rules, LanguageSpace space)
    {
        (_space, _rules) = (space, new Language?[rules.Count]);
        foreach (IReadOnlyList<GbnfRule> circle in GbnfCircles.Of(rules))
        {
            if (circle.Count > 1 || GbnfFacts.Calls(circle[0].Body!).Contains(circle[0]))
            {
                Solve(circle);
            }
            else
            {
                _rules[circle[0].Index] = Bounded(Fold(circle[0].Body!));
            }
        }
    }

    /// <summary>What a part derives, as a regular language; null if a rule in it is not regular.</summary>
    public Language? Fold(GbnfNode node)
    {
        if (!_nodes.TryGetValue(node, out Language? folded))
        {
            _nodes.Add(node, folded = node switch
            {
                GbnfNode.Class one => _space.OneOf(one.Set),
                GbnfNode.Literal literal => _space.Text(literal.Text),
                GbnfNode.Reference reference => _rules[reference.Rule.Index],
                GbnfNode.Sequence sequence => All(sequence.Parts) is { } parts ? _space.Sequence(parts) : null,
                GbnfNode.Either either => FoldOptions(either.Options),
                GbnfNode.Repeat repeat => Fold(repeat.Part) is { } part ? _space.Repeat(part, repeat.Min, repeat.Max) : null,
                _ => throw new InvalidOperationException($"A grammar has no part {node}."),
            });
        }
        return folded;
    }

    /// <summary>What a list of options derives. Literals become one tree, so that thousands cost no more than one.</summary>
    public Language? FoldOptions(IReadOnlyList<GbnfNode> options)
    {
        string[] texts = [.. options.OfType<GbnfNode.Literal>().Select(literal => literal.Text)];
        return All([.. options.Where(option => option is not GbnfNode.Literal)]) is { } others ? _space.Either([.. others, _space.Texts(texts)]) : null;
    }

    private Language[]? All(IReadOnlyList<GbnfNode> parts)
    {
        var folded = new Language[parts.Count];
        for (int i = 0; i < parts.Count; i++)
        {
            if (Fold(parts[i]) is not { } part)
            {
                return null;
            }
            folded[i] = part;
        }
        return folded;
    }

    private static Language? Bounded(Language? language) => language?.Depth <= MaxDepth ? language : null;

    private void Solve(IReadOnlyList<GbnfRule> circle)
    {
        int count = circle.Count;
        if (count > MaxEquations)
        {
            return;
        }
        var position = circle.Select((rule, i) => (rule, i)).ToDictionary(pair => pair.rule, pair => pair.i);
        // Rule i derives the texts of [i][count], and those of [i][j] followed by a text of rule j.
        var equations = new Language[count][];
        for (int i = 0; i < count; i++)
        {
            var equation = new Language[count + 1];
            Array.Fill(equation, _space.Nothing);
            if (!TryAdd(circle[i].Body!, _space.Empty, equation, position))
            {
                return;
            }
            equations[i] = equation;
        }
        for (int k = 0; k < count; k++)
        {
            Language again = _space.Repeat(equations[k][k], 0, null);
            equations[k][k] = _space.Nothing;
            for (int j = 0; j <= count; j++)
            {
                equations[k][j] = _space.Sequence(again, equations[k][j]);
            }
            for (int i = 0; i < count; i++)
            {
                Language before = equations[i][k];
                if (i == k || before == _space.Nothing)
                {
                    continue;
                }
                equations[i][k] = _space.Nothing;
                for (int j = 0; j <= count; j++)
                {
                    equations[i][j] = _space.Either(equations[i][j], _space.Sequence(before, equations[k][j]));
                    if (equations[i][j].Depth > MaxDepth)
                    {
                        return;
                    }
                }
            }
        }
        if (equations.All(equation => Bounded(equation[count]) is not null))
        {
            for (int i = 0; i < count; i++)
            {
                _rules[circle[i].Index] = equations[i][count];
            }
            _nodes.Clear(); // parts that were not regular before the circle was solved may be now
        }
    }

    // Appends the texts of a part to a prefix; false if the part calls a rule of the circle anywhere but at its end.
    private bool TryAdd(GbnfNode node, Language before, Language[] equation, Dictionary<GbnfRule, int> position)
    {
        switch (node)
        {
            case GbnfNode.Reference reference when position.TryGetValue(reference.Rule, out int rule):
                equation[rule] = _space.Either(equation[rule], before);
                return true;
            case var part when Fold(part) is { } folded:
                equation[^1] = _space.Either(equation[^1], _space.Sequence(before, folded));
                return true;
            case GbnfNode.Either either:
                foreach (GbnfNode option in either.Options)
                {
                    if (!TryAdd(option, before, equation, position))
                    {
                        return false;
                    }
                }
                return true;
            case GbnfNode.Repeat { Min: 0, Max: 1 } optional:
                equation[^1] = _space.Either(equation[^1], before);
                return TryAdd(optional.Part, before, equation, position);
            case GbnfNode.Sequence sequence:
                return All([.. sequence.Parts.SkipLast(1)]) is { } parts && TryAdd(sequence.Parts[^1], _space.Sequence([before, .. parts]), equation, position);
            default:
                return false;
        }
    }
}
