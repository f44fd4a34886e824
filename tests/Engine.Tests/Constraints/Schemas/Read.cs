using System.Text.Json;
using Engine.Constraints.Languages;
using Engine.Constraints.Schemas;

namespace Engine.Tests.Constraints.Schemas;

/// <summary>Reads schemas for tests, and asks what they accept.</summary>
internal static class Read
{
    public static ValueSpec Schema(string schema, bool readsDescriptions = false) => Schema(JsonElement.Parse(schema), readsDescriptions);

    public static ValueSpec Schema(JsonElement schema, bool readsDescriptions = false) => JsonSchema.Read(schema, new LanguageSpace(), readsDescriptions);

    public static bool Accepts(ValueSpec spec, string value, bool inOrder = false) =>
        new SpecMatcher(inOrder, SpecMatcher.Plain).Matches(spec, JsonElement.Parse(value));

    public static string Refusal(string schema, bool readsDescriptions = false) =>
        Assert.Throws<InvalidRequestException>(() => Schema(schema, readsDescriptions)).Message;
}
