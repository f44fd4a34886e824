namespace Engine.Constraints.Languages;

/// <summary>Makes the languages of one constraint. Bounded: what would take too many states is refused.</summary>
internal sealed class LanguageSpace
{
    /// <summary>No text.</summary>
    public Language Nothing => throw new NotImplementedException();

    /// <summary>The empty text alone.</summary>
    public Language Empty => throw new NotImplementedException();

    /// <summary>Every text.</summary>
    public Language Anything => throw new NotImplementedException();

    /// <summary>One code point of a range, surrogates left out.</summary>
    public Language Range(int first, int last) => throw new NotImplementedException();

    /// <summary>One code point of some ranges.</summary>
    public Language OneOf(params ReadOnlySpan<(int First, int Last)> ranges) => throw new NotImplementedException();

    /// <summary>One text.</summary>
    public Language Text(string text) => throw new NotImplementedException();

    /// <summary>A finite set of texts, as a tree: also thousands of them cost no more per step than their length.</summary>
    public Language Texts(IEnumerable<string> texts) => throw new NotImplementedException();

    public Language Sequence(params ReadOnlySpan<Language> parts) => throw new NotImplementedException();

    public Language Either(params ReadOnlySpan<Language> options) => throw new NotImplementedException();

    public Language Both(params ReadOnlySpan<Language> all) => throw new NotImplementedException();

    public Language Not(Language language) => throw new NotImplementedException();

    public Language Repeat(Language part, int min, int? max) => throw new NotImplementedException();

    /// <summary>Whether there is a text at all.</summary>
    /// <exception cref="InvalidRequestException">Finding out takes more states than the bound.</exception>
    public bool IsNothing(Language language) => throw new NotImplementedException();

    /// <summary>The shortest text; null where there is none.</summary>
    public string? Shortest(Language language) => throw new NotImplementedException();

    /// <summary>How many texts there are: exact up to the limit, and the limit where there are more.</summary>
    public int CountUpTo(Language language, int limit) => throw new NotImplementedException();

    public bool Contains(Language language, string text) => throw new NotImplementedException();
}
