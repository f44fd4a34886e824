using System.Globalization;
using System.Text;

namespace Engine.Chat.Jinja;

/// <summary>Reads the words inside a tag: names, numbers, strings, operators.</summary>
internal static class Words
{
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", "<=", ">=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", "<", ">", "=", ".", ":", "|", ","];

    /// <summary>Reads the word at a position.</summary>
    public static Token Read(string source, int position, int line, out int next)
    {
        char first = source[position];
        if (first is '\'' or '"')
        {
            return new Token(TokenKind.String, ReadString(source, position, line, out next), line);
        }
        if (char.IsAsciiDigit(first))
        {
            return ReadNumber(source, position, line, out next);
        }
        if (first == '_' || char.IsLetter(first))
        {
            next = position;
            while (next < source.Length && (source[next] == '_' || char.IsLetterOrDigit(source[next])))
            {
                next++;
            }
            return new Token(TokenKind.Name, source[position..next], line);
        }
        string sign = Array.Find(Operators, sign => string.CompareOrdinal(source, position, sign, 0, sign.Length) == 0)
            ?? throw new JinjaException($"unexpected character '{first}'", line);
        next = position + sign.Length;
        return new Token(TokenKind.Operator, sign, line);
    }

    private static Token ReadNumber(string source, int position, int line, out int next)
    {
        int at = position;
        if (source[at] == '0' && at + 2 < source.Length && (source[at + 1] | 0x20) is 'x' or 'o' or 'b' && char.IsAsciiHexDigit(source[at + 2]))
        {
            int radix = (source[at + 1] | 0x20) switch { 'x' => 16, 'o' => 8, _ => 2 };
            at += 2;
            int digits = at;
            Digits(char.IsAsciiHexDigit);
            next = at;
            return PyType.ParseInteger(source[digits..at], radix) is { } value
                ? new Token(TokenKind.Integer, value.ToString(CultureInfo.InvariantCulture), line)
                : throw new JinjaException($"'{source[position..at]}' is no number", line);
        }
        Digits(char.IsAsciiDigit);
        bool real = false;
        // "1.5" has a fraction, but not "1.x", which is an attribute, and not a number after a dot: "a.0.1" is an item of an item.
        if (at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]) && (position == 0 || source[position - 1] != '.'))
        {
            at++;
            Digits(char.IsAsciiDigit);
            real = true;
        }
        int exponent = at + 1 < source.Length && source[at + 1] is '+' or '-' ? at + 2 : at + 1;
        if (at < source.Length && (source[at] | 0x20) == 'e' && exponent < source.Length && char.IsAsciiDigit(source[exponent]))
        {
            at = exponent;
            Digits(char.IsAsciiDigit);
            real = true;
        }
        next = at;
        return new Token(real ? TokenKind.Float : TokenKind.Integer, source[position..at].Replace("_", "", StringComparison.Ordinal), line);

        void Digits(Func<char, bool> isDigit)
        {
            while (at < source.Length && (isDigit(source[at]) || (source[at] == '_' && at + 1 < source.Length && isDigit(source[at + 1]))))
            {
                at++;
            }
        }
    }

    private static string ReadString(string source, int position, int line, out int next)
    {
        var text = new StringBuilder();
        char quote = source[position];
        for (int i = position + 1; i < source.Length; i++)
        {
            if (source[i] == quote)
            {
                next = i + 1;
                return text.ToString();
            }
            if (source[i] == '\\' && i + 1 < source.Length)
            {
                i = AppendEscape(text, source, i + 1, line);
            }
            else
            {
                text.Append(source[i]);
            }
        }
        throw new JinjaException("a string has no end", line);
    }

    /// <summary>Reads one of Python's escapes; an unknown one is kept unchanged. Returns the last position read.</summary>
    private static int AppendEscape(StringBuilder text, string source, int at, int line)
    {
        char letter = source[at];
        switch (letter)
        {
            case 'n': text.Append('\n'); return at;
            case 't': text.Append('\t'); return at;
            case 'r': text.Append('\r'); return at;
            case 'a': text.Append('\a'); return at;
            case 'b': text.Append('\b'); return at;
            case 'f': text.Append('\f'); return at;
            case 'v': text.Append('\v'); return at;
            case '\\' or '\'' or '"': text.Append(letter); return at;
            case '\n': return at;
            case 'x': return AppendHexadecimal(text, source, at, 2, line);
            case 'u': return AppendHexadecimal(text, source, at, 4, line);
            case 'U': return AppendHexadecimal(text, source, at, 8, line);
            case >= '0' and <= '7':
                int value = 0;
                int end = at;
                for (; end < source.Length && end < at + 3 && source[end] is >= '0' and <= '7'; end++)
                {
                    value = (value * 8) + source[end] - '0';
                }
                text.Append((char)value);
                return end - 1;
            default:
                text.Append('\\').Append(letter);
                return at;
        }
    }

    private static int AppendHexadecimal(StringBuilder text, string source, int at, int digits, int line)
    {
        if (at + digits >= source.Length || !uint.TryParse(source.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) || value > 0x10FFFF)
        {
            throw new JinjaException($"expected {digits} hexadecimal digits of a character after '\\{source[at]}'", line);
        }
        text.Append(value > 0xFFFF ? char.ConvertFromUtf32((int)value) : ((char)value).ToString());
        return at + digits;
    }
}
