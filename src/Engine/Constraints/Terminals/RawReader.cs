using System.Text;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>Reads unescaped text, in UTF-8.</summary>
internal sealed class RawReader(TextState text, int length, int value, Readers readers) : Reader(text)
{
    private const int Forgotten = 1; // instead of a length: only the number of the character's remaining bytes is known

    private byte[]? _rest;

    public override bool IsDone => length == 0 && Text.Accepts;

    public override bool GoesOn => length > 0 || Text.Steps.Length > 0;

    public override byte[] Rest => _rest ??= FindRest();

    protected override bool IsBetweenCharacters => length == 0;

    public override Reader? Next(byte next)
    {
        if (length == Forgotten)
        {
            return (next & 0xC0) != 0x80 ? null : value == 1 ? readers.Raw(Text) : readers.Raw(Text, Forgotten, value - 1);
        }
        if (length > 0)
        {
            return Utf8Character.FromKey(length, value).With(next) is { } begun ? After(begun) : null;
        }
        return next < 0x80 ? Text.After(next) is { } text ? readers.Raw(text) : null
            : Utf8Character.Begin(next) is { } first ? After(first) : null;
    }

    private Reader? After(Utf8Character character) =>
        character.Left == 0 ? character.Range is var (code, _) && Text.After(code) is { } text ? readers.Raw(text) : null
        : character.Forgotten(Text) is { } after ? readers.Raw(after, Forgotten, character.Left)
        : character.Meets(Text) ? readers.Raw(Text, character.Length, character.Key)
        : null;

    private byte[] FindRest()
    {
        if (length == 0)
        {
            return Encoding.UTF8.GetBytes(readers.Shortest(Text));
        }
        if (length == Forgotten)
        {
            return [.. Enumerable.Repeat((byte)0x80, value), .. readers.Raw(Text).Rest];
        }
        Utf8Character begun = Utf8Character.FromKey(length, value);
        (int first, int last) = begun.Range;
        (int code, TextState next) = ShortestTexts.Choose(Text, first, last, readers);
        return [.. Encoding.UTF8.GetBytes(char.ConvertFromUtf32(code))[^begun.Left..], .. readers.Raw(next).Rest];
    }
}
