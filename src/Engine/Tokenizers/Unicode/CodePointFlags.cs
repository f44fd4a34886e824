namespace Engine.Tokenizers.Unicode;

/// <summary>What a code point is: the first letter of its general category, and white space. Separators (Z) are all white
/// space and have no separate flag. Every code point has at least one flag, so 0 stands for "no code point here".</summary>
[Flags]
internal enum CodePointFlags : byte
{
    None = 0,
    Unassigned = 1,
    Number = 2,
    Letter = 4,
    Whitespace = 8,
    Mark = 16,
    Punctuation = 32,
    Symbol = 64,
    Control = 128,
}
