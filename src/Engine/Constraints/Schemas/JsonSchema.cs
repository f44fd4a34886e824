using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>Reads a JSON schema as what values may be.</summary>
internal static class JsonSchema
{
    /// <param name="schema">An object or a Boolean.</param>
    /// <param name="space">Makes the languages of strings, names and numbers.</param>
    /// <param name="readsDescriptions">Also reads keywords that stand as lines in a description.</param>
    /// <param name="localTimes">Reads the format <c>time</c> as one without an offset.</param>
    /// <exception cref="InvalidRequestException">Not a schema, one that nothing meets, one that is not understood, by keyword and path, or one beyond the bounds.</exception>
    public static ValueSpec Read(JsonElement schema, LanguageSpace space, bool readsDescriptions, bool localTimes = false)
    {
        List<Goal> goals = new SchemaCompiler(new SchemaDocument(schema, readsDescriptions, localTimes), space).Goals();
        new SpecBuilder(space).Build(goals);
        return goals[0].CanBeMet ? goals[0].Spec : throw Unmet.Explain(goals[0]);
    }
}
