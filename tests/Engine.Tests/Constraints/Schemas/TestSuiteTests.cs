using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Constraints.Schemas;
using Xunit.Abstractions;

namespace Engine.Tests.Constraints.Schemas;

/// <summary>The JSON-Schema-Test-Suite as a judge: what is not refused must be right, but for what is chosen otherwise. Each file's share stands in docs/constraints.md.</summary>
public sealed class TestSuiteTests(ITestOutputHelper output)
{
    /// <summary>Files, and parts of the names of tests, in which another verdict is meant: docs/constraints.md says why.</summary>
    private static readonly (string File, string Test)[] Chosen =
    [
        // A format is asserted, as MaskBench and the clients mean it; the suite takes it for a note.
        ("format.json", "only an annotation by default"),
        // contentEncoding: base64 is asserted (byte[] of .NET); what is encoded is not looked at.
        ("content.json", "validation of"),
        // Keywords hold whatever vocabulary a schema of schemas leaves out.
        ("vocabulary.json", "no validation"),
        // Numbers and times are those that .NET's parsers take.
        ("bignum.json", "bignum"), ("float-overflow.json", "overflow"),
        ("date-time.json", "leap second"), ("date-time.json", "case-insensitive"),
        ("time.json", "leap second"), ("time.json", "case-insensitive"),
        ("duration.json", "many digits"),
        // Names that are encoded (xn--) and addresses that validators dispute are left out.
        ("hostname.json", "A-label"), ("uri.json", "puny-coded"),
        ("email.json", "quoted string"), ("email.json", "address-literal"),
        ("uri.json", "newsgroup"), ("uri-reference.json", "protocol-relative"), ("uri-reference.json", "empty authority"),
    ];

    [SharedTheory]
    [InlineData("draft7", "http://json-schema.org/draft-07/schema#")]
    [InlineData("draft2020-12", "https://json-schema.org/draft/2020-12/schema")]
    public void Verdicts_on_accepted_schemas_are_right(string draft, string address)
    {
        string folder = SharedFolder.Schemas("test-suite", "tests", draft);
        List<string> wrong = [];
        StringBuilder table = new();
        foreach (string path in Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(folder, path).Replace('\\', '/');
            (int tests, int right, int refused, int otherwise) = (0, 0, 0, 0);
            using var file = JsonDocument.Parse(File.ReadAllText(path));
            foreach (JsonElement group in file.RootElement.EnumerateArray())
            {
                ValueSpec? spec = SpecOf(group.GetProperty("schema"), address);
                foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
                {
                    tests++;
                    if (spec is null)
                    {
                        refused++;
                    }
                    else if (new SpecMatcher(false, SpecMatcher.Plain).Matches(spec, test.GetProperty("data")) == test.GetProperty("valid").GetBoolean())
                    {
                        right++;
                    }
                    else
                    {
                        string described = $"{group.GetProperty("description")}: {test.GetProperty("description")}";
                        otherwise++;
                        if (!Array.Exists(Chosen, chosen => Path.GetFileName(path) == chosen.File && described.Contains(chosen.Test, StringComparison.Ordinal)))
                        {
                            wrong.Add($"{name}: {described}");
                        }
                    }
                }
            }
            table.AppendLine($"| {draft} | {name} | {tests} | {right} | {refused} | {otherwise} |");
        }
        output.WriteLine(table.ToString());
        Assert.Empty(wrong);
        string docs = File.ReadAllText(Path.Combine(SharedFolder.Checkout, "docs", "constraints.md"));
        Assert.All(table.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains(line.TrimEnd(), docs, StringComparison.Ordinal));
    }

    /// <summary>What a schema of a draft accepts: nothing if nothing meets it, null if it is refused.</summary>
    private static ValueSpec? SpecOf(JsonElement schema, string draft)
    {
        if (schema.ValueKind == JsonValueKind.Object && !schema.TryGetProperty("$schema", out _))
        {
            JsonObject named = new() { ["$schema"] = draft };
            foreach (JsonProperty property in schema.EnumerateObject())
            {
                named[property.Name] = JsonNode.Parse(property.Value.GetRawText());
            }
            schema = JsonSerializer.SerializeToElement(named);
        }
        try
        {
            return Read.Schema(schema);
        }
        catch (InvalidRequestException e)
        {
            return e.Message.Contains("nothing meets", StringComparison.Ordinal) ? new ValueSpec() : null;
        }
    }
}
