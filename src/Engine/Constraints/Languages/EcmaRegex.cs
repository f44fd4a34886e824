namespace Engine.Constraints.Languages;

/// <summary>Turns regular expressions in ECMAScript's syntax into languages. Patterns that are valid with the u flag are read with it.</summary>
internal static class EcmaRegex
{
    private const int MaxLength = 100_000;

    /// <summary>The texts in which a pattern is found: JSON schema's <c>pattern</c>.</summary>
    /// <exception cref="InvalidRequestException">Not a regular expression, or one that describes no regular language.</exception>
    public static Language Search(LanguageSpace space, string pattern)
    {
        RegexLanguages languages = new(space, pattern);
        (Language atStart, Language afterWord, Language afterOther) = languages.Before(Parse(pattern), space.Anything);
        Language later;
        if (afterWord == afterOther)
        {
            later = atStart == afterWord ? space.Anything : space.Repeat(space.Any, 1, null);
            later = space.Sequence(later, afterWord);
            return languages.Checked(atStart == afterWord ? later : space.Either(atStart, later));
        }
        return languages.Checked(space.Either(
            atStart, space.Sequence(space.Anything, languages.Word, afterWord), space.Sequence(space.Anything, languages.Other, afterOther)));
    }

    /// <summary>The texts that a pattern matches as a whole.</summary>
    /// <exception cref="InvalidRequestException">Not a regular expression, or one that describes no regular language.</exception>
    public static Language Match(LanguageSpace space, string pattern) => Match(space, Parse(pattern), pattern);

    /// <summary>The texts that an already parsed pattern matches as a whole.</summary>
    public static Language Match(LanguageSpace space, RegexNode parsed, string pattern)
    {
        RegexLanguages languages = new(space, pattern);
        return languages.Checked(languages.Before(parsed, space.Empty).Here);
    }

    private static RegexNode Parse(string pattern) => pattern.Length <= MaxLength ? RegexParser.Parse(pattern) : throw new InvalidRequestException(
        $"Reading the regular expression '{RegexParser.Excerpt(pattern)}': at most {MaxLength:N0} characters are supported, found {pattern.Length:N0}. Shorten the pattern.");
}
