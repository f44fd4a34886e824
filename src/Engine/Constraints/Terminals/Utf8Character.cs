using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>A character of several bytes of which some have been read.</summary>
/// <param name="Length">The total number of its bytes.</param>
/// <param name="Left">How many of them are still to come.</param>
/// <param name="Bits">The bits of the code point so far.</param>
internal readonly record struct Utf8Character(int Length, int Left, int Bits)
{
    /// <summary>The character that a byte begins; null if the byte does not begin a character of several bytes.</summary>
    public static Utf8Character? Begin(byte first) => first switch
    {
        >= 0xC2 and <= 0xDF => new(2, 1, first & 0x1F),
        >= 0xE0 and <= 0xEF => new(3, 2, first & 0x0F),
        >= 0xF0 and <= 0xF4 => new(4, 3, first & 0x07),
        _ => null,
    };

    /// <summary>The bits and the remaining length as one number, for use in a key.</summary>
    public int Key => (Left << 24) | Bits;

    public static Utf8Character FromKey(int length, int key) => new(length, key >> 24, key & 0xFFFFFF);

    /// <summary>The character with one more byte; null if the byte may not come.</summary>
    public Utf8Character? With(byte next) => (next & 0xC0) == 0x80 ? this with { Left = Left - 1, Bits = (Bits << 6) | (next & 0x3F) } : null;

    /// <summary>The code points it may become.</summary>
    public (int First, int Last) Range
    {
        get
        {
            int first = Bits << (6 * Left);
            int last = first | ((1 << (6 * Left)) - 1);
            int smallest = Length switch { 2 => 0x80, 3 => 0x800, _ => 0x10000 };
            return (Math.Max(first, smallest), Math.Min(last, 0x10FFFF));
        }
    }

    /// <summary>Whether it may become a character that may come next.</summary>
    public bool Meets(TextState text)
    {
        (int first, int last) = Range;
        return first <= last && text.MeetsAny(first, last);
    }

    /// <summary>The state after the character, if it is the same whatever its remaining bytes are. The bytes read so far then no longer matter.</summary>
    public TextState? Forgotten(TextState text)
    {
        int first = Bits << (6 * Left);
        int last = first | ((1 << (6 * Left)) - 1);
        bool isWhole = Range == (first, last) && (last < 0xD800 || first > 0xDFFF);
        return isWhole && text.StepAt(first) is { } step && step.Last >= last ? step.Next : null;
    }
}
