using System.Text.Json;
using Engine.Chat;

namespace Engine.Tests.Chat;

public sealed class ToolTurnsTests
{
    private const string Called = """{"id":"c1","type":"function","function":{"name":"weather","arguments":{"city":"Oslo"}}}""";

    [Theory]
    [InlineData("""{"city":"Oslo"}""")]
    [InlineData("""{ "city" : "Oslo" }""")]
    [InlineData("\"{\\n  \\\"city\\\": \\\"Oslo\\\"\\n}\"")]
    public void Arguments_are_an_object_however_they_are_written(string arguments)
    {
        Assert.Equal(Called, Compact(ToolTurns.Call("c1", "weather", Json(arguments))));
        Assert.Equal(Called, Compact(ToolTurns.Call(Json("{\"id\": \"c1\", \"type\": \"function\", \"function\": {\"name\": \"weather\", \"arguments\": " + arguments + "}}"))));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"null\"")]
    [InlineData("\"\"")]
    [InlineData("{}")]
    public void No_arguments_are_an_empty_object(string arguments) =>
        Assert.Equal("""{"type":"function","function":{"name":"now","arguments":{}}}""", Compact(ToolTurns.Call(null, "now", Json(arguments))));

    [Fact]
    public void Arguments_that_are_no_JSON_stay_text() =>
        Assert.Equal("""{"type":"function","function":{"name":"now","arguments":"{half"}}""", Compact(ToolTurns.Call(null, "now", Json("\"{half\""))));

    [Theory]
    [InlineData("""{"function": 3}""")]
    [InlineData("""{"id": "c"}""")]
    [InlineData("7")]
    public void Anything_but_a_call_stays_unchanged(string json) => Assert.Equal(json, ToolTurns.Call(Json(json)).GetRawText());

    [Theory]
    [InlineData("sunny", "sunny")]
    [InlineData("\"sunny\"", "sunny")]
    [InlineData("\"a \\\"b\\\"\"", "a \"b\"")]
    [InlineData("\"a\" and \"b\"", "\"a\" and \"b\"")]
    [InlineData("{\"t\": 3}", "{\"t\": 3}")]
    [InlineData("\"", "\"")]
    [InlineData("", "")]
    public void A_result_in_quotes_is_the_text(string written, string text) => Assert.Equal(text, ToolTurns.Result(written));

    [Theory]
    [InlineData("\"sunny\"", "sunny")]
    [InlineData("{\n  \"t\": 3,\n  \"é\": \"<ß>\"\n}", "{\"t\":3,\"é\":\"<ß>\"}")]
    [InlineData("3.10", "3.10")]
    public void A_result_of_JSON_is_its_text_or_compact(string json, string text) => Assert.Equal(text, ToolTurns.Result(Json(json)));

    [Fact]
    public void Fields_are_texts_and_lists_and_half_a_surrogate_pair_is_replaced()
    {
        Assert.Equal("a \"b\"", ToolTurns.Field("a \"b\"").GetString());
        Assert.Equal("a\uFFFD", ToolTurns.Field("a\uD800").GetString());
        Assert.Equal("a\uFFFD", ToolTurns.Call("a\uD800", "b", null).GetProperty("id").GetString());
        Assert.Equal("[1,{\"a\":2}]", Compact(ToolTurns.Field([Json("1"), Json("{\"a\": 2}")])));
    }

    private static JsonElement Json(string json) => JsonElement.Parse(json);

    private static string Compact(JsonElement json) => JsonSerializer.Serialize(json);
}
