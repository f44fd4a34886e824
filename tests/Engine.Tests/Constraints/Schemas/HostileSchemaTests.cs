using System.Diagnostics;
using System.Text.Json;
using Engine.Constraints.Languages;
using Engine.Constraints.Schemas;

namespace Engine.Tests.Constraints.Schemas;

public sealed class HostileSchemaTests
{
    /// <summary>Unloaded they take 0.1 s at most; a loaded machine and a first run take longer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Names => [.. Schemas.Keys];

    private static readonly Dictionary<string, string> Schemas = new()
    {
        ["nested properties"] = Nested("{\"properties\":{\"a\":", "}}", 5000),
        ["nested items"] = Nested("{\"items\":", "}", 10_000),
        ["nested not"] = Nested("{\"not\":", "}", 10_000),
        ["nested allOf"] = Nested("{\"allOf\":[{\"required\":[\"b\"]},", "]}", 5000),
        ["10,000 properties"] = "{\"properties\":{" + Listed(10_000, i => $"\"p{i}\":{{\"type\":\"string\",\"maxLength\":{i % 7}}}") + "}}",
        ["10,000 properties in 200 alternatives"] =
            "{\"properties\":{" + Listed(10_000, i => $"\"p{i}\":{{}}") + "},\"anyOf\":[" + Listed(200, i => $"{{\"required\":[\"p{i}\"]}}") + "]}",
        ["a reference to itself"] = """{"$ref":"#"}""",
        ["not itself"] = """{"not":{"$ref":"#"}}""",
        ["an alternative to itself"] = """{"anyOf":[{"type":"null"},{"$ref":"#"}]}""",
        ["a ring of references"] = """{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}""",
        ["2^30 choices"] = "{\"allOf\":[" + Listed(30, i => $"{{\"anyOf\":[{{\"required\":[\"a{i}\"]}},{{\"required\":[\"b{i}\"]}}]}}") + "]}",
        ["2^60 references"] = "{\"$defs\":{" + Listed(60, i => $"\"d{i}\":{{\"anyOf\":[{{\"required\":[\"x{i}\"],\"$ref\":\"#/$defs/d{i + 1}\"}},{{\"$ref\":\"#/$defs/d{i + 1}\"}}]}}") + ",\"d60\":{}},\"$ref\":\"#/$defs/d0\"}",
        ["100 conditions"] = "{\"required\":[\"k\"],\"allOf\":[" + Listed(100, i => $"{{\"if\":{{\"properties\":{{\"k\":{{\"const\":{i}}}}}}},\"then\":{{\"required\":[\"x{i}\"]}}}}") + "]}",
        ["300 patterns of which one matches"] = "{\"oneOf\":[" + Listed(300, i => $"{{\"type\":\"string\",\"pattern\":\"a{i}.*b\"}}") + "]}",
        ["64 patterns of names"] = "{\"patternProperties\":{" + Listed(64, i => $"\"{(char)('a' + (i % 26))}{i}\":{{\"maxLength\":{i}}}") + "}}",
        ["100,000 constants"] = "{\"enum\":[" + Listed(100_000, i => $"\"{i * 7919 % 100_003}\"") + "]}",
        ["10,000 constant objects"] = "{\"enum\":[" + Listed(10_000, i => $"{{\"a\":{i}}}") + "]}",
        ["a long string"] = """{"type":"string","maxLength":1000000000}""",
        ["a string too long"] = """{"type":"string","minLength":1000000000}""",
        ["a long array"] = """{"type":"array","maxItems":1000000000}""",
        ["an array too long"] = """{"type":"array","minItems":1000000000}""",
        ["a pattern of many states"] = """{"type":"string","pattern":"(.*a){30}.{30}b"}""",
        ["an object that needs itself"] = """{"type":"object","required":["a"],"properties":{"a":{"$ref":"#"}}}""",
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hostile_schema_is_read_or_refused_with_a_message_and_in_time(string name)
    {
        using var schema = JsonDocument.Parse(Schemas[name], new JsonDocumentOptions { MaxDepth = 100_000 });
        Stopwatch time = Stopwatch.StartNew();
        try
        {
            Assert.InRange(JsonSchema.Read(schema.RootElement, new LanguageSpace(), false).Shortest, 1, int.MaxValue - 1);
        }
        catch (InvalidRequestException e)
        {
            Assert.StartsWith("Reading a JSON schema", e.Message, StringComparison.Ordinal);
            Assert.InRange(e.Message.Length, 40, 900);
        }
        Assert.InRange(time.Elapsed, TimeSpan.Zero, Limit);
    }

    private static string Nested(string open, string close, int depth) =>
        string.Concat(Enumerable.Repeat(open, depth)) + "true" + string.Concat(Enumerable.Repeat(close, depth));

    private static string Listed(int count, Func<int, string> item) => string.Join(',', Enumerable.Range(0, count).Select(item));
}
