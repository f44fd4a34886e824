using System.Text.Json;
using Engine.Constraints.Languages;
using Engine.Constraints.Schemas;

namespace Engine.Tests.Constraints.Schemas;

public sealed class DescriptionLinesTests
{
    /// <summary>As Microsoft.Extensions.AI.OpenAI 10.11.0 wrote them.</summary>
    [Theory]
    [InlineData("string", "When.\nformat: date-time", "\"2025-01-01T10:00:00Z\"", "\"tomorrow\"")]
    [InlineData("string", "pattern: ^a\\d+$", "\"a1\"", "\"b\"")]
    [InlineData("integer", "A\nB\nminimum: 1\nmaximum: 10", "10", "11")]
    [InlineData("number", "minimum: 0.5\nmaximum: 1.5", "0.5", "2")]
    [InlineData("string", "minLength: 2\nmaxLength: 5", "\"ab\"", "\"a\"")]
    [InlineData("array", "minItems: 1\nmaxItems: 3", "[1]", "[]")]
    [InlineData("string", "not: {\n  \"enum\": [\n    \"x\",\n    \"y\"\n  ]\n}", "\"z\"", "\"y\"")]
    [InlineData("string", "contentEncoding: base64", "\"AQ==\"", "\"A\"")]
    public void Keywords_at_the_end_of_a_description_count_on_request(string type, string description, string accepted, string rejected)
    {
        string schema = JsonSerializer.Serialize(new { type, description });
        ValueSpec reads = Read.Schema(schema, readsDescriptions: true);
        Assert.True(Read.Accepts(reads, accepted));
        Assert.False(Read.Accepts(reads, rejected));
        Assert.True(Read.Accepts(Read.Schema(schema), rejected));
    }

    [Theory]
    [InlineData("format: date-time\nor something like it")]
    [InlineData("The format: date-time")]
    [InlineData("minimum: one")]
    [InlineData("minLength: -1")]
    [InlineData("pattern: a (b")]
    [InlineData("not: {\"enum\": [\"x\"")]
    [InlineData("} not: 3 }")]
    [InlineData("")]
    public void Prose_requires_nothing(string description) =>
        Assert.True(Read.Accepts(Read.Schema(JsonSerializer.Serialize(new { type = "string", description }), readsDescriptions: true), "\"x\""));

    [Theory]
    [InlineData("""{"type":"string","format":"time"}""")]
    [InlineData("""{"type":"string","description":"When.\nformat: time"}""")]
    public void A_time_has_the_offset_of_the_standard_or_none_as_a_TimeOnly(string schema)
    {
        ValueSpec standard = Read.Schema(schema, readsDescriptions: true);
        ValueSpec local = JsonSchema.Read(JsonElement.Parse(schema), new LanguageSpace(), readsDescriptions: true, localTimes: true);
        Assert.True(Read.Accepts(standard, "\"08:30:00Z\""));
        Assert.False(Read.Accepts(standard, "\"08:30:00\""));
        Assert.True(Read.Accepts(local, "\"08:30:00\""));
        Assert.False(Read.Accepts(local, "\"08:30:00Z\""));
    }
}
