using System.Globalization;
using System.Text;

namespace Engine.Constraints.Languages;

/// <summary>Parses ECMAScript's regular expressions by the rules of the u flag. What is valid only without the flag, such as <c>\-</c> or a
/// brace that does not begin a count, is parsed by the rules without it (ECMA-262, annex B).</summary>
internal sealed class RegexParser
{
    private const int MaxNesting = 150;

    private readonly string _pattern;
    private readonly HashSet<string> _names = [];
    private int _at, _nesting;

    private RegexParser(string pattern) => _pattern = pattern;

    /// <exception cref="InvalidRequestException">Not a regular expression, or one with a back reference.</exception>
    public static RegexNode Parse(string pattern)
    {
        RegexParser parser = new(pattern);
        RegexNode node = parser.ParseEither();
        return parser.AtEnd ? node : throw parser.Error("its end or an opening parenthesis before", "')'");
    }

    private bool AtEnd => _at >= _pattern.Length;

    private RegexNode ParseEither()
    {
        if (++_nesting > MaxNesting)
        {
            throw Error($"at most {MaxNesting} groups in each other", "one more");
        }
        List<RegexNode> options = [ParseSequence()];
        while (Skip('|'))
        {
            options.Add(ParseSequence());
        }
        _nesting--;
        return options.Count == 1 ? options[0] : new RegexNode.Either(options);
    }

    private RegexNode ParseSequence()
    {
        List<RegexNode> parts = [];
        while (!AtEnd && _pattern[_at] is not ('|' or ')'))
        {
            int start = _at;
            RegexNode term = ParseTerm();
            // A group around it may be repeated, without effect, but the sign itself may not.
            bool isSign = _pattern[start] != '(' && term.Asserts;
            parts.Add(ParseCount(term, isSign));
        }
        return parts.Count == 1 ? parts[0] : new RegexNode.Sequence(parts);
    }

    private RegexNode ParseTerm()
    {
        switch (_pattern[_at])
        {
            case '^':
                _at++;
                return new RegexNode.AtStart();
            case '$':
                _at++;
                return new RegexNode.AtEnd();
            case '.':
                _at++;
                return new RegexNode.OneOf(CharacterClasses.Dot);
            case '(':
                return ParseGroup();
            case '[':
                return new RegexNode.OneOf(RegexEscapes.ParseClass(_pattern, ref _at));
            case '\\':
                return ParseEscape();
            case '*' or '+' or '?':
                throw Error("something to repeat", $"'{_pattern[_at]}'");
            case '{' when ReadCount(_at) is not null:
                throw Error("something to repeat", "a count");
            default:
                int codePoint = RegexEscapes.Read(_pattern, ref _at);
                return new RegexNode.OneOf(CodePointSet.Of([(codePoint, codePoint)]));
        }
    }

    private RegexNode ParseEscape()
    {
        if (_at + 1 >= _pattern.Length)
        {
            throw Error("a character after the backslash", "the end");
        }
        char next = _pattern[_at + 1];
        if (next is 'b' or 'B')
        {
            _at += 2;
            return new RegexNode.WordEdge(next == 'b');
        }
        if (next is >= '1' and <= '9')
        {
            int end = _at + 1;
            while (end < _pattern.Length && char.IsAsciiDigit(_pattern[end]))
            {
                end++;
            }
            string digits = _pattern[(_at + 1)..end];
            if (digits.Length < 6 && int.Parse(digits, CultureInfo.InvariantCulture) <= CountGroups())
            {
                throw Error("no back references, because the texts they match are not a regular language", $"\\{digits}");
            }
        }
        if (next == 'k' && _pattern.Contains("(?<", StringComparison.Ordinal) && _at + 2 < _pattern.Length && _pattern[_at + 2] == '<')
        {
            throw Error("no back references, because the texts they match are not a regular language", "\\k");
        }
        return new RegexNode.OneOf(RegexEscapes.ParseEscape(_pattern, ref _at, inClass: false).Set);
    }

    private RegexNode ParseGroup()
    {
        int start = _at++;
        bool? ahead = null;
        if (Skip('?'))
        {
            if (Skip('='))
            {
                ahead = true;
            }
            else if (Skip('!'))
            {
                ahead = false;
            }
            else if (_at + 1 < _pattern.Length && _pattern[_at] == '<' && _pattern[_at + 1] is '=' or '!')
            {
                _at = start;
                throw Error("no look-behind, which is not supported", $"(?<{_pattern[start + 3]}");
            }
            else if (Skip('<'))
            {
                ReadName();
            }
            else if (!Skip(':'))
            {
                _at = start;
                throw Error("a group that begins with '(', '(?:', '(?<name>', '(?=' or '(?!'", Rest(start, 4));
            }
        }
        RegexNode inside = ParseEither();
        if (!Skip(')'))
        {
            throw Error($"')' for the group at position {start}", "the end");
        }
        return ahead is { } matches ? new RegexNode.Ahead(inside, matches) : inside;
    }

    private void ReadName()
    {
        int end = _pattern.IndexOf('>', _at);
        string name = end < 0 ? "" : _pattern[_at..end];
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(static c => char.IsLetterOrDigit(c) || c is '_' or '$'))
        {
            throw Error("the name of a group, of letters, digits and '_', and '>'", Rest(_at, 10));
        }
        if (!_names.Add(name))
        {
            throw Error("names of groups that differ", $"'{name}' again");
        }
        _at = end + 1;
    }

    /// <summary>Parses what may follow a term: *, +, ?, {m}, {m,} or {m,n}, and a lazy ?, which does not change the set of matches.</summary>
    private RegexNode ParseCount(RegexNode term, bool isSign)
    {
        if (AtEnd)
        {
            return term;
        }
        (int min, int? max, int length) = _pattern[_at] switch
        {
            '*' => (0, null, 1),
            '+' => (1, null, 1),
            '?' => (0, 1, 1),
            '{' when ReadCount(_at) is { } count => count,
            _ => (1, (int?)1, 0),
        };
        if (length == 0)
        {
            return term;
        }
        if (max < min)
        {
            throw Error("a count that is not less than the one before", Rest(_at, length));
        }
        if (isSign)
        {
            throw Error("something to repeat", $"'{_pattern[_at]}' after '^', '$' or a word's edge");
        }
        _at += length;
        Skip('?');
        return new RegexNode.Repeat(term, min, max);
    }

    private (int Min, int? Max, int Length)? ReadCount(int at)
    {
        int start = at++;
        if (ReadNumber(ref at) is not { } min || at >= _pattern.Length)
        {
            return null;
        }
        int? max = min;
        if (_pattern[at] == ',')
        {
            at++;
            max = ReadNumber(ref at);
        }
        return at < _pattern.Length && _pattern[at] == '}' ? (min, max, at + 1 - start) : null;
    }

    private int? ReadNumber(ref int at)
    {
        int start = at;
        long value = 0;
        for (; at < _pattern.Length && char.IsAsciiDigit(_pattern[at]); at++)
        {
            value = Math.Min(value * 10 + (_pattern[at] - '0'), int.MaxValue);
        }
        return at == start ? null : (int)value;
    }

    /// <summary>The number of capturing groups in the whole pattern.</summary>
    private int CountGroups()
    {
        int count = 0;
        bool inClass = false;
        for (int i = 0; i < _pattern.Length; i++)
        {
            switch (_pattern[i])
            {
                case '\\': i++; break;
                case '[': inClass = true; break;
                case ']': inClass = false; break;
                case '(' when !inClass:
                    bool captures = i + 1 >= _pattern.Length || _pattern[i + 1] != '?'
                        || (i + 3 < _pattern.Length && _pattern[i + 2] == '<' && _pattern[i + 3] is not ('=' or '!'));
                    count += captures ? 1 : 0;
                    break;
            }
        }
        return count;
    }

    private bool Skip(char c)
    {
        bool found = !AtEnd && _pattern[_at] == c;
        _at += found ? 1 : 0;
        return found;
    }

    private string Rest(int at, int length) => $"'{_pattern.AsSpan(at, Math.Min(length, _pattern.Length - at))}'";

    private InvalidRequestException Error(string expected, string found) => Error(_pattern, _at, expected, found);

    internal static InvalidRequestException Error(string pattern, int at, string expected, string found) =>
        new($"Reading the regular expression '{Excerpt(pattern)}': expected {expected}, found {found} at position {at}. Correct the pattern.");

    internal static string Excerpt(string pattern)
    {
        if (pattern.Length <= 80)
        {
            return pattern;
        }
        StringBuilder excerpt = new();
        foreach (Rune rune in pattern.AsSpan(0, 76).EnumerateRunes())
        {
            excerpt.Append(rune);
        }
        return excerpt.Append(" ...").ToString();
    }
}
