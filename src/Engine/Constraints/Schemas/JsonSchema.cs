using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>Reads a JSON schema into a description of the values it allows.</summary>
internal static class JsonSchema
{
    /// <param name="schema">An object or a Boolean.</param>
    /// <param name="space">Makes the languages of strings, names and numbers.</param>
    /// <param name="readsDescriptions">Also reads keywords that are written as lines in a description.</param>
    /// <param name="localTimes">Reads the format <c>time</c> as a time without an offset.</param>
    /// <exception cref="InvalidRequestException">Not a schema; or nothing meets it; or a keyword is not supported (the message names it and its path); or it exceeds a limit.</exception>
    public static ValueSpec Read(JsonElement schema, LanguageSpace space, bool readsDescriptions, bool localTimes = false)
    {
        List<Goal> goals = new SchemaCompiler(new SchemaDocument(schema, readsDescriptions, localTimes), space).Goals();
        new SpecBuilder(space).Build(goals);
        return goals[0].CanBeMet ? goals[0].Spec : throw Unmet.Explain(goals[0]);
    }
}
