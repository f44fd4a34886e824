using Engine.Constraints.Languages;

namespace Engine.Constraints.Grammars;

/// <summary>Reads a grammar in llama.cpp's notation (GBNF).</summary>
internal static class GbnfGrammar
{
    /// <summary>The rule <c>root</c>, with what no text can meet left out.</summary>
    /// <exception cref="InvalidRequestException">Not a grammar (line and column), a rule that is missing or left-recursive, one that nothing meets, or one beyond the bounds.</exception>
    public static GrammarRule Read(string grammar, LanguageSpace space) => throw new NotImplementedException();
}
