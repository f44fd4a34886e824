namespace Engine.Constraints.Languages;

/// <summary>Regular expressions in ECMAScript's syntax (with the u flag where a pattern is valid under it), as languages.</summary>
internal static class EcmaRegex
{
    /// <summary>The texts in which a pattern is found: JSON schema's <c>pattern</c>.</summary>
    /// <exception cref="InvalidRequestException">Not a regular expression, or one that describes no regular language.</exception>
    public static Language Search(LanguageSpace space, string pattern) => throw new NotImplementedException();

    /// <summary>The texts that a pattern matches as a whole.</summary>
    /// <exception cref="InvalidRequestException">Not a regular expression, or one that describes no regular language.</exception>
    public static Language Match(LanguageSpace space, string pattern) => throw new NotImplementedException();
}
