using System.Text;
using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>Reads a JSON string with its quotes, in UTF-8. Characters may be escaped in every way JSON allows, surrogates only in pairs.</summary>
internal sealed class QuotedReader(TextState content, QuotedReader.Mode mode, int value, Readers readers) : Reader(content)
{
    private byte[]? _rest;

    /// <summary>The reader's place in the string.</summary>
    public enum Mode
    {
        /// <summary>Before the first quote.</summary>
        Opening,

        /// <summary>Between two characters.</summary>
        Between,

        /// <summary>Inside a character of 2, 3 or 4 bytes.</summary>
        Two,

        Three,

        Four,

        /// <summary>Inside a character of which only the number of remaining bytes is known.</summary>
        Forgotten,

        /// <summary>After a backslash.</summary>
        Escape,

        /// <summary>After \u and some of its digits.</summary>
        Digits,

        /// <summary>After \u and the first half of a surrogate pair.</summary>
        Pair,

        /// <summary>After the backslash of the second half.</summary>
        PairEscape,

        /// <summary>After \u of the second half and some of its digits.</summary>
        PairDigits,

        /// <summary>After the last quote.</summary>
        Closed,
    }

    public override bool IsDone => mode == Mode.Closed;

    public override bool GoesOn => mode != Mode.Closed;

    public override bool IsQuoted => true;

    public override bool IsInside => mode is not (Mode.Opening or Mode.Closed);

    public override byte[] Rest => _rest ??= FindRest();

    protected override bool IsBetweenCharacters => mode == Mode.Between;

    public override Reader? Next(byte next) => mode switch
    {
        Mode.Opening => next == '"' ? To(Mode.Between) : null,
        Mode.Between => Begin(next),
        Mode.Two or Mode.Three or Mode.Four => Utf8Character.FromKey(mode - Mode.Two + 2, value).With(next) is { } begun ? After(begun) : null,
        Mode.Forgotten => (next & 0xC0) != 0x80 ? null : value == 1 ? To(Mode.Between) : To(Mode.Forgotten, value - 1),
        Mode.Escape => Escaped(next),
        Mode.Digits => Digit(next) is >= 0 and var digit ? WithDigit(Numbered(value, digit)) : null,
        Mode.Pair => next == '\\' ? To(Mode.PairEscape, value) : null,
        Mode.PairEscape => next == 'u' ? To(Mode.PairDigits, value << 16) : null,
        Mode.PairDigits => Digit(next) is >= 0 and var digit ? WithPairDigit(value >>> 16, Numbered(value & 0xFFFF, digit)) : null,
        _ => null,
    };

    private Reader? Begin(byte next) => next switch
    {
        (byte)'"' => Text.Accepts ? To(Mode.Closed) : null,
        (byte)'\\' => Text.Steps.Length > 0 ? To(Mode.Escape) : null,
        < 0x20 => null,
        < 0x80 => Character(next),
        _ => Utf8Character.Begin(next) is { } first ? After(first) : null,
    };

    private Reader? After(Utf8Character character) =>
        character.Left == 0 ? Character(character.Range.First)
        : character.Forgotten(Text) is { } after ? readers.Quoted(after, Mode.Forgotten, character.Left)
        : character.Meets(Text) ? To(character.Length - 2 + Mode.Two, character.Key)
        : null;

    private Reader? Escaped(byte next) => next switch
    {
        (byte)'"' or (byte)'\\' or (byte)'/' => Character(next),
        (byte)'b' => Character('\b'),
        (byte)'f' => Character('\f'),
        (byte)'n' => Character('\n'),
        (byte)'r' => Character('\r'),
        (byte)'t' => Character('\t'),
        (byte)'u' => To(Mode.Digits, 1),
        _ => null,
    };

    // The digits so far, with a 1 before them that marks how many there are.
    private static int Numbered(int digits, int digit) => ((digits == 0 ? 1 : digits) << 4) | digit;

    private Reader? WithDigit(int digits)
    {
        (int first, int last, bool whole) = Span(digits);
        if (!whole)
        {
            return Text.MeetsAny(first, last) || MeetsPairs(Math.Max(first, 0xD800), Math.Min(last, 0xDBFF)) ? To(Mode.Digits, digits) : null;
        }
        return first is >= 0xD800 and <= 0xDBFF ? MeetsPairs(first, first) ? To(Mode.Pair, first) : null
            : Character(first); // no language contains the second half of a pair alone
    }

    private Reader? WithPairDigit(int high, int digits)
    {
        (int first, int last, bool whole) = Span(digits);
        (first, last) = (Math.Max(first, 0xDC00), Math.Min(last, 0xDFFF));
        if (first > last)
        {
            return null;
        }
        return whole ? Character(Code(high, first))
            : Text.MeetsAny(Code(high, first), Code(high, last)) ? To(Mode.PairDigits, (high << 16) | digits)
            : null;
    }

    private bool MeetsPairs(int firstHigh, int lastHigh) => firstHigh <= lastHigh && Text.MeetsAny(Code(firstHigh, 0xDC00), Code(lastHigh, 0xDFFF));

    private static int Code(int high, int low) => 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);

    private static (int First, int Last, bool IsWhole) Span(int digits)
    {
        int count = digits switch { < 0x10 => 0, < 0x100 => 1, < 0x1000 => 2, < 0x10000 => 3, _ => 4 };
        int left = 4 * (4 - count);
        int first = (digits - (1 << (4 * count))) << left;
        return (first, first | ((1 << left) - 1), count == 4);
    }

    private static int Digit(byte next) => char.IsAsciiHexDigit((char)next) ? Convert.ToInt32(((char)next).ToString(), 16) : -1;

    private Reader? Character(int code) => Text.After(code) is { } text ? readers.Quoted(text, Mode.Between, 0) : null;

    private Reader To(Mode next, int with = 0) => readers.Quoted(Text, next, with);

    private byte[] FindRest()
    {
        switch (mode)
        {
            case Mode.Closed:
                return [];
            case Mode.Opening:
                return [(byte)'"', .. To(Mode.Between).Rest];
            case Mode.Between:
                string text = readers.Shortest(Text);
                return [.. Encoding.UTF8.GetBytes(JsonSerializer.Serialize(text, JsonText.Default.String))[1..]];
            default:
                // Several bytes may end the character: take the first ones that lead to the shortest end.
                byte[]? best = null;
                for (int next = 0x20; next < 0x100; next++)
                {
                    if (Next((byte)next) is { } reader && reader.Rest is var rest && (best is null || rest.Length + 1 < best.Length))
                    {
                        best = [(byte)next, .. rest];
                    }
                }
                return best ?? throw new InvalidOperationException("A string that cannot end.");
        }
    }
}
