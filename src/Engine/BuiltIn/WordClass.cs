namespace Engine.BuiltIn;

/// <summary>The part a token plays in the default model's sentences.</summary>
internal enum WordClass
{
    /// <summary>Never said: bytes, control tokens, beginnings of words.</summary>
    None,

    /// <summary>In front of a text: never said either.</summary>
    Start,

    Stop,
    Comma,
    Opening,
    Article,
    Adjective,
    Noun,
    Verb,
    Adverb,
    Preposition,
    Conjunction,
    End,
}
