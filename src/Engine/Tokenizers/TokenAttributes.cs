namespace Engine.Tokenizers;

/// <summary>What a token of the vocabulary is. A token that the file lists as normal can also be a control token by its text.</summary>
[Flags]
internal enum TokenAttributes
{
    /// <summary>The file does not say.</summary>
    Undefined = 0,

    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>Stands for text that the vocabulary cannot spell.</summary>
    Unknown = 2,

    /// <summary>Steers the model (BOS, end of turn, …) and has no text.</summary>
    Control = 4,

    /// <summary>A piece that is found in a text before anything is merged.</summary>
    UserDefined = 8,

    /// <summary>A reserved id.</summary>
    Unused = 16,

    /// <summary>One byte, spelled <c>&lt;0x0A&gt;</c>.</summary>
    Byte = 32,

    /// <summary>Swallows the blanks to its right (the Phi-3 family).</summary>
    StripsRight = 64,

    /// <summary>Swallows the blanks to its left (mask tokens of some encoders).</summary>
    StripsLeft = 128,

    /// <summary>Is matched in a text as a whole, before the rest is split.</summary>
    CutOut = Unknown | Control | UserDefined,
}
