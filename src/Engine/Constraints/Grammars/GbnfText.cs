using System.Text;

namespace Engine.Constraints.Grammars;

/// <summary>The text of a grammar, and how far it has been read.</summary>
internal sealed class GbnfText(string text)
{
    /// <summary>The position of the next character.</summary>
    public int Position { get; private set; }

    public bool IsAtEnd => Position == text.Length;

    /// <summary>The next character; NUL at the end, since no grammar contains that.</summary>
    public char Next => Peek(0);

    public char Peek(int ahead) => Position + ahead < text.Length ? text[Position + ahead] : '\0';

    public void Skip(int count = 1) => Position += count;

    public bool TrySkip(char expected)
    {
        if (Next != expected || IsAtEnd)
        {
            return false;
        }
        Position++;
        return true;
    }

    /// <summary>Skips blanks and comments.</summary>
    /// <param name="linesToo">Whether line ends count as blanks here.</param>
    public void SkipBlanks(bool linesToo)
    {
        while (true)
        {
            if (Next is ' ' or '\t' || (linesToo && Next is '\r' or '\n'))
            {
                Position++;
            }
            else if (Next == '#')
            {
                while (!IsAtEnd && Next is not ('\r' or '\n'))
                {
                    Position++;
                }
            }
            else
            {
                return;
            }
        }
    }

    public static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    /// <summary>Reads a rule's name.</summary>
    public string Name()
    {
        int start = Position;
        while (IsOfName(Next))
        {
            Position++;
        }
        return Position > start ? text[start..Position] : throw Expected("the name of a rule");
    }

    /// <summary>Reads a count in decimal digits.</summary>
    public int Count()
    {
        int start = Position;
        long count = 0;
        while (char.IsAsciiDigit(Next))
        {
            count = Math.Min(count * 10 + (Next - '0'), int.MaxValue);
            Position++;
        }
        return Position == start ? throw Expected("a count")
            : count < int.MaxValue ? (int)count
            : throw Refuse(start, $"expected a count below {int.MaxValue}, found {Shown(text[start..Position])}. Leave the bound out");
    }

    /// <summary>Reads a code point of a literal or a class, which may be escaped.</summary>
    /// <param name="what">What contains it, for messages.</param>
    public int CodePoint(string what)
    {
        if (IsAtEnd)
        {
            throw Expected($"the end of {what}");
        }
        if (Next == '\\')
        {
            return Escape();
        }
        if (Rune.DecodeFromUtf16(text.AsSpan(Position), out Rune rune, out int length) != System.Buffers.OperationStatus.Done)
        {
            throw Refuse(Position, "expected text, found half of a surrogate pair. Remove it");
        }
        Position += length;
        return rune.Value;
    }

    /// <summary>The error for text that may not come here.</summary>
    public InvalidRequestException Expected(string expected) => Refuse(Position, $"expected {expected}, found {Found()}. Correct the grammar");

    /// <summary>An error at a position.</summary>
    public InvalidRequestException Refuse(int position, string sentence)
    {
        int line = 1, start = 0;
        for (int i = 0; i < position; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
            {
                (line, start) = (line + 1, i + 1);
            }
        }
        return new InvalidRequestException($"Reading a grammar, line {line}, column {position - start + 1}: {sentence}.");
    }

    private int Escape()
    {
        int start = Position++;
        char kind = Next;
        Position += IsAtEnd ? 0 : 1;
        switch (kind)
        {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case '\\' or '"' or '[' or ']' or '-' or '^':
                return kind;
            case 'x' or 'u' or 'U':
                return Hexadecimal(start, kind == 'x' ? 2 : kind == 'u' ? 4 : 8);
            default:
                throw Refuse(start, $"expected an escape, one of \\n \\r \\t \\\\ \\\" \\[ \\] \\- \\^ \\xHH \\uHHHH \\UHHHHHHHH, found {Shown(text[start..Position])}. Correct the grammar");
        }
    }

    private int Hexadecimal(int start, int digits)
    {
        long value = 0;
        for (int i = 0; i < digits; i++)
        {
            value = char.IsAsciiHexDigit(Next) ? value * 16 + Convert.ToInt32(Next.ToString(), 16) : throw Expected($"{digits} hexadecimal digits");
            Position++;
        }
        return value <= Languages.CodePointSet.Last ? (int)value
            : throw Refuse(start, $"expected a code point up to \\U0010FFFF, found {text[start..Position]}. Correct the grammar");
    }

    /// <summary>A name as messages show it.</summary>
    public static string Brief(string name) => name.Length > 60 ? name[..60] + "…" : name;

    private string Found() => IsAtEnd ? "the end of the grammar" : Next is '\r' or '\n' ? "the end of the line"
        : Shown(char.IsHighSurrogate(Next) && char.IsLowSurrogate(Peek(1)) ? text.Substring(Position, 2) : Next.ToString());

    private static string Shown(string found) => found.Length > 20 ? $"'{found[..20]}…'"
        : found.Any(c => char.IsControl(c) || char.IsSurrogate(c)) && found.Length == 1 ? $"U+{(int)found[0]:X4}" : $"'{found}'";
}
