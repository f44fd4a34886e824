using System.Text;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Grammars;

/// <summary>Parses the rules of a grammar: literals, classes, groups, alternatives, repetitions, comments.</summary>
internal sealed class GbnfParser
{
    private const int MaxLength = 1 << 20, MaxRules = 10_000, MaxDepth = 100;

    private readonly GbnfText _text;
    private readonly Dictionary<string, GbnfRule> _byName = new(StringComparer.Ordinal);
    private readonly List<GbnfRule> _rules = [];
    private GbnfRule _rule = null!;
    private int _groups;

    private GbnfParser(string grammar) => _text = new GbnfText(grammar);

    /// <summary>All rules, in the order in which they are named; each has a body.</summary>
    public static (List<GbnfRule> Rules, GbnfText Text) Parse(string grammar)
    {
        if (grammar.Length > MaxLength)
        {
            throw new InvalidRequestException($"Reading a grammar: at most {MaxLength:N0} characters are supported, found {grammar.Length:N0}. Shorten it.");
        }
        var parser = new GbnfParser(grammar);
        parser.Rules();
        return (parser._rules, parser._text);
    }

    private void Rules()
    {
        _text.SkipBlanks(linesToo: true);
        while (!_text.IsAtEnd)
        {
            Rule();
        }
        foreach (GbnfRule rule in _rules)
        {
            if (rule.Body is null)
            {
                string proposal = Spelling.Proposal(rule.Name, _rules.Where(known => known.Body is not null).Select(known => known.Name));
                throw _text.Refuse(rule.Used, $"the rule '{GbnfText.Brief(rule.Name)}' is used but not defined.{proposal} Define it, or correct the name");
            }
        }
    }

    private void Rule()
    {
        int start = _text.Position;
        _rule = Named(_text.Name(), start);
        _text.SkipBlanks(linesToo: false);
        if (!(_text.TrySkip(':') && _text.TrySkip(':') && _text.TrySkip('=')))
        {
            throw _text.Expected($"'::=' after the rule's name '{GbnfText.Brief(_rule.Name)}'");
        }
        _text.SkipBlanks(linesToo: true);
        (_rule.Body, _rule.Defined) = (Alternatives(), start);
        if (!_text.IsAtEnd && _text.Next is not ('\r' or '\n'))
        {
            throw _text.Expected("an item, '|' or the end of the line");
        }
        _text.SkipBlanks(linesToo: true);
    }

    private GbnfRule Named(string name, int position)
    {
        if (!_byName.TryGetValue(name, out GbnfRule? rule))
        {
            if (_rules.Count == MaxRules)
            {
                throw _text.Refuse(position, $"at most {MaxRules:N0} rules are supported. Take fewer");
            }
            _byName.Add(name, rule = new GbnfRule(_rules.Count, name, position));
            _rules.Add(rule);
        }
        return rule;
    }

    private GbnfNode Alternatives()
    {
        int start = _text.Position;
        List<GbnfNode> options = [Sequence()];
        while (_text.TrySkip('|'))
        {
            _text.SkipBlanks(linesToo: true);
            options.Add(Sequence());
        }
        return options.Count == 1 ? options[0] : Bounded(new GbnfNode.Either(options), start);
    }

    private GbnfNode Sequence()
    {
        int start = _text.Position;
        List<GbnfNode> parts = [];
        while (Item() is { } item)
        {
            _text.SkipBlanks(linesToo: _groups > 0);
            parts.Add(Repetitions(item));
        }
        parts.RemoveAll(part => part is GbnfNode.Literal { Text: "" });
        return parts.Count switch { 0 => new GbnfNode.Literal(""), 1 => parts[0], _ => Bounded(new GbnfNode.Sequence(parts), start) };
    }

    // Null if there is no item.
    private GbnfNode? Item()
    {
        switch (_text.Next)
        {
            case '"':
                return Literal();
            case '[':
                return Class();
            case '.':
                _text.Skip();
                return new GbnfNode.Class(CodePointSet.All);
            case '(':
                return Group();
            case '<' or '!':
                throw _text.Refuse(_text.Position, "tokens of a vocabulary cannot be used in a grammar here, because an answer is constrained as text. Write the token's text as a literal");
            case '*' or '+' or '?' or '{':
                throw _text.Refuse(_text.Position, $"expected something to repeat before '{_text.Next}', found nothing. Correct the grammar");
            case char c when GbnfText.IsOfName(c):
                int start = _text.Position;
                return new GbnfNode.Reference(Named(_text.Name(), start));
            default:
                return null;
        }
    }

    private GbnfNode.Literal Literal()
    {
        _text.Skip();
        var text = new StringBuilder();
        while (!_text.TrySkip('"'))
        {
            int position = _text.Position, point = _text.CodePoint("a literal, '\"'");
            text.Append(Rune.IsValid(point) ? new Rune(point).ToString()
                : throw _text.Refuse(position, $"expected a code point that is a character, found the surrogate U+{point:X4}. Write the code point itself"));
        }
        return new GbnfNode.Literal(text.ToString());
    }

    private GbnfNode.Class Class()
    {
        int start = _text.Position;
        _text.Skip();
        bool isNegated = _text.TrySkip('^');
        List<(int First, int Last)> ranges = [];
        while (!_text.TrySkip(']'))
        {
            int position = _text.Position, first = _text.CodePoint("a class, ']'"), last = first;
            if (_text.Next == '-' && _text.Peek(1) != ']')
            {
                _text.Skip();
                last = _text.CodePoint("a class, ']'");
            }
            ranges.Add(first <= last ? (first, last)
                : throw _text.Refuse(position, $"expected a range whose first code point is not beyond its last, found U+{first:X4} to U+{last:X4}. Swap them"));
        }
        if (ranges.Count == 0)
        {
            throw _text.Refuse(start, $"expected at least one character in a class, found none. Write {(isNegated ? "'.' for any" : "\"\" for nothing")}");
        }
        var set = CodePointSet.Of(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ranges));
        return new GbnfNode.Class(isNegated ? ~set : set);
    }

    private GbnfNode Group()
    {
        int start = _text.Position;
        if (++_groups > MaxDepth)
        {
            throw TooDeep(start);
        }
        _text.Skip();
        _text.SkipBlanks(linesToo: true);
        GbnfNode group = Alternatives();
        if (!_text.TrySkip(')'))
        {
            throw _text.Expected($"an item, '|' or the end of the group, ')'");
        }
        _groups--;
        return group;
    }

    private GbnfNode Repetitions(GbnfNode item)
    {
        while (true)
        {
            int position = _text.Position;
            (int min, int? max) = _text.Next switch { '*' => (0, (int?)null), '+' => (1, null), '?' => (0, 1), '{' => Counts(), _ => (-1, null) };
            if (min < 0)
            {
                return item;
            }
            if (position == _text.Position)
            {
                _text.Skip();
            }
            _text.SkipBlanks(linesToo: _groups > 0);
            if (max < min)
            {
                throw _text.Refuse(position, $"expected a largest count that is not below the smallest, found {min} and {max}. Correct the grammar");
            }
            item = item is GbnfNode.Literal { Text: "" } || max == 0 ? new GbnfNode.Literal("") : Bounded(new GbnfNode.Repeat(item, min, max, position), position);
        }
    }

    private (int Min, int? Max) Counts()
    {
        bool linesToo = _groups > 0;
        _text.Skip();
        _text.SkipBlanks(linesToo);
        int min = _text.Count();
        int? max = min;
        _text.SkipBlanks(linesToo);
        if (_text.TrySkip(','))
        {
            _text.SkipBlanks(linesToo);
            max = char.IsAsciiDigit(_text.Next) ? _text.Count() : null;
            _text.SkipBlanks(linesToo);
        }
        return _text.TrySkip('}') ? (min, max) : throw _text.Expected("'}' after the counts of a repetition");
    }

    private GbnfNode Bounded(GbnfNode node, int position) => node.Depth <= MaxDepth ? node : throw TooDeep(position);

    private InvalidRequestException TooDeep(int position) =>
        _text.Refuse(position, $"at most {MaxDepth} levels of groups and repetitions are supported. Move the inner ones to their own rule");
}
