namespace Engine.Chat.Jinja;

/// <summary>Cuts a template into text and tags as Jinja 3.1 does with <c>trim_blocks</c> and <c>lstrip_blocks</c>, which is how
/// Hugging Face sets it up (transformers, <c>utils/chat_template_utils.py</c>).</summary>
internal sealed class Lexer
{
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _position;
    private int _line = 1;
    private bool _atLineStart = true; // the previous tag ended with a line end

    private Lexer(string source)
    {
        string lines = source.ReplaceLineEndings("\n");
        _source = lines.EndsWith('\n') ? lines[..^1] : lines; // keep_trailing_newline is off
    }

    public static List<Token> Read(string source)
    {
        var lexer = new Lexer(source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (_position < _source.Length)
        {
            int tag = FindTag(_position, out char kind);
            if (tag < 0)
            {
                AddData(_source[_position..]);
                break;
            }
            char sign = SignAt(tag + 2);
            AddData(Stripped(_source[_position..tag], sign, kind));
            Advance(tag + 2 + (sign == '\0' ? 0 : 1));
            switch (kind)
            {
                case '#':
                    SkipComment();
                    break;
                case '{':
                    ReadTag(TokenKind.PrintBegin, TokenKind.PrintEnd);
                    break;
                default:
                    if (!ReadRaw())
                    {
                        ReadTag(TokenKind.TagBegin, TokenKind.TagEnd);
                    }
                    break;
            }
        }
        _tokens.Add(new Token(TokenKind.End, "", _line));
    }

    private int FindTag(int from, out char kind)
    {
        for (int i = from; (i = _source.IndexOf('{', i)) >= 0 && i + 1 < _source.Length; i++)
        {
            if (_source[i + 1] is '{' or '%' or '#')
            {
                kind = _source[i + 1];
                return i;
            }
        }
        kind = default;
        return -1;
    }

    private char SignAt(int position) => position < _source.Length && _source[position] is '-' or '+' ? _source[position] : '\0';

    /// <summary>The text before a tag: <c>-</c> strips its white space and <c>+</c> nothing; without a sign, the blanks on the tag's own line are stripped.</summary>
    private string Stripped(string text, char sign, char kind)
    {
        if (sign == '-')
        {
            return Text.Own(text).Strip(left: false).Value;
        }
        int line = text.LastIndexOf('\n') + 1;
        bool blank = text.Length > line && text.AsSpan(line).IndexOfAnyExcept(Spaces) < 0;
        return sign != '+' && kind != '{' && (line > 0 || _atLineStart) && blank ? text[..line] : text;
    }

    private static readonly System.Buffers.SearchValues<char> Spaces =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, char.MaxValue).Select(c => (char)c).Where(Text.IsSpace)]);

    private void AddData(string text)
    {
        if (text.Length > 0)
        {
            _tokens.Add(new Token(TokenKind.Data, text, _line));
        }
    }

    private void Advance(int position)
    {
        _line += _source.AsSpan(_position, position - _position).Count('\n');
        _position = position;
    }

    /// <summary>Strips the text after a tag as its sign says; without a sign, the line end after a block is stripped.</summary>
    private void FinishTag(int end, char sign, bool trims)
    {
        int next = end;
        if (sign == '-')
        {
            while (next < _source.Length && Text.IsSpace(_source[next]))
            {
                next++;
            }
        }
        else if (trims && sign == '\0' && next < _source.Length && _source[next] == '\n')
        {
            next++;
        }
        Advance(next);
        _atLineStart = next > 0 && _source[next - 1] == '\n';
    }

    private void SkipComment()
    {
        int end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new JinjaException("a comment '{#' has no end '#}'", _line);
        }
        char sign = end > _position && _source[end - 1] is '-' or '+' ? _source[end - 1] : '\0';
        FinishTag(end + 2, sign, trims: true);
    }

    /// <summary>Reads <c>{% raw %}…{% endraw %}</c> as plain text. False if the tag is another one.</summary>
    private bool ReadRaw()
    {
        if (ReadWordTag(_position, "raw") is not { Sign: not '+' } begin) // "raw +%}" is not a tag in Jinja
        {
            return false;
        }
        int line = _line;
        FinishTag(begin.End, begin.Sign, trims: false);
        for (int i = _position; (i = _source.IndexOf("{%", i, StringComparison.Ordinal)) >= 0; i += 2)
        {
            char sign = SignAt(i + 2);
            if (ReadWordTag(i + 2 + (sign == '\0' ? 0 : 1), "endraw") is { } end)
            {
                AddData(Stripped(_source[_position..i], sign, '%'));
                Advance(i);
                FinishTag(end.End, end.Sign, trims: true);
                return true;
            }
        }
        throw new JinjaException("'{% raw %}' has no end '{% endraw %}'", line);
    }

    /// <summary>Reads a tag of one word: returns where it ends and the sign at its end.</summary>
    private (int End, char Sign)? ReadWordTag(int position, string word)
    {
        int at = SkipSpace(position);
        if (string.CompareOrdinal(_source, at, word, 0, word.Length) != 0)
        {
            return null;
        }
        at = SkipSpace(at + word.Length);
        char sign = SignAt(at);
        at += sign == '\0' ? 0 : 1;
        return string.CompareOrdinal(_source, at, "%}", 0, 2) == 0 ? (at + 2, sign) : null;
    }

    private int SkipSpace(int position)
    {
        while (position < _source.Length && Text.IsSpace(_source[position]))
        {
            position++;
        }
        return position;
    }

    private void ReadTag(TokenKind begin, TokenKind end)
    {
        _tokens.Add(new Token(begin, "", _line));
        string close = end == TokenKind.PrintEnd ? "}}" : "%}";
        int opened = _line;
        int brackets = 0;
        while (true)
        {
            Advance(SkipSpace(_position));
            if (_position >= _source.Length)
            {
                throw new JinjaException($"a tag has no end '{close}'", opened);
            }
            char sign = SignAt(_position);
            sign = sign == '+' && end == TokenKind.PrintEnd ? '\0' : sign; // "+}}" is an addition without its second operand
            int at = _position + (sign == '\0' ? 0 : 1);
            // Inside brackets, "}}" closes two of them.
            if (brackets == 0 && string.CompareOrdinal(_source, at, close, 0, 2) == 0)
            {
                _tokens.Add(new Token(end, close, _line));
                FinishTag(at + 2, sign, trims: end == TokenKind.TagEnd);
                return;
            }
            Token token = Words.Read(_source, _position, _line, out int next);
            brackets += token.Kind != TokenKind.Operator ? 0 : token.Value is "(" or "[" or "{" ? 1 : token.Value is ")" or "]" or "}" ? -1 : 0;
            _tokens.Add(token);
            Advance(next);
        }
    }
}
