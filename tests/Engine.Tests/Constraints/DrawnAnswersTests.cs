using System.IO.Compression;
using System.Text.Json;
using Engine.Constraints;
using Engine.Tests.Constraints.Schemas;
using Xunit.Abstractions;

namespace Engine.Tests.Constraints;

/// <summary>Answers of a model that knows nothing, under many schemas, judged by JsonSchema.Net: what ends is valid, always. And the reverse: what
/// JsonSchema.Net takes is not kept from being said.</summary>
public sealed class DrawnAnswersTests(ConstraintVocabularies vocabularies, ITestOutputHelper output) : IClassFixture<ConstraintVocabularies>
{
    private const int AnswersEach = 10;

    [Fact]
    public void Answers_under_random_schemas_are_valid_and_valid_values_are_let_through()
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama2;
        (int schemas, int answers, int values) = (0, 0, 0);
        for (int seed = 10_000; seed < 10_700; seed++)
        {
            var random = new RandomSchemas(seed);
            string schema = random.Schema().ToJsonString();
            var constraint = new JsonSchemaConstraint(schema) { AnyOrder = seed % 2 == 0 };
            if (!IsTaken(compiler, constraint))
            {
                continue;
            }
            schemas++;
            var judge = Json.Schema.JsonSchema.FromText(schema);
            var draws = new Random(seed);
            for (int i = 0; i < AnswersEach; i++)
            {
                string answer = ConstrainedWalk.Answer(tokenizer, compiler.Begin(constraint), draws, freely: 15);
                JsonElement json = JsonElement.Parse(answer);
                // .NET's patterns count a character beyond U+FFFF as two.
                bool isJudged = !schema.Contains("pattern", StringComparison.Ordinal) || !json.ToString().Any(char.IsSurrogate);
                Assert.True(!isJudged || judge.Evaluate(json).IsValid, $"seed {seed}: {schema} does not take {answer}");
                answers++;
            }
            for (int i = 0; i < 20 && constraint.AnyOrder; i++)
            {
                string value = random.Value()?.ToJsonString() ?? "null";
                bool isValid = judge.Evaluate(JsonElement.Parse(value)).IsValid;
                Assert.True(isValid == ConstrainedWalk.Accepts(tokenizer, compiler.Begin(constraint), Bytes(value)), $"seed {seed}: {schema} should {(isValid ? "take" : "refuse")} {value}");
                values++;
            }
        }
        output.WriteLine($"{schemas} schemas, {answers} answers, {values} values");
        Assert.True(schemas >= 500 && answers >= 5_000 && values >= 5_000, $"{schemas} schemas, {answers} answers, {values} values");
    }

    [SharedFact]
    public void Answers_under_schemas_that_people_wrote_are_valid()
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama2;
        using StreamReader lines = new(new GZipStream(File.OpenRead(SharedFolder.Schemas("maskbench-sample.jsonl.gz")), CompressionMode.Decompress));
        (int line, int answers) = (0, 0);
        while (lines.ReadLine() is { } text)
        {
            // A few of each kind: they are sorted by it.
            if (line++ % 19 != 0 || text.Length > 20_000)
            {
                continue;
            }
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 256 });
            JsonElement schema = document.RootElement.GetProperty("schema");
            var constraint = new JsonSchemaConstraint(schema);
            if (!IsTaken(compiler, constraint))
            {
                continue;
            }
            var random = new Random(line);
            for (int i = 0; i < 2; i++)
            {
                string answer = ConstrainedWalk.Answer(tokenizer, compiler.Begin(constraint), random, freely: 60);
                JsonElement json = JsonElement.Parse(answer); // what the engine's parser of .NET does not take would throw
                Assert.True(new SpecMatcher(inOrder: true, SpecMatcher.Plain).Matches(Read.Schema(schema), json), $"{document.RootElement.GetProperty("name")}: {answer}");
                answers++;
            }
        }
        Assert.True(answers > 150, $"{answers} answers");
    }

    private static bool IsTaken(ConstraintCompiler compiler, Constraint constraint)
    {
        try
        {
            compiler.Begin(constraint);
            return true;
        }
        catch (InvalidRequestException)
        {
            return false;
        }
    }

    // A token for each byte: the tokenizer would put a blank before the text.
    private static IEnumerable<int> Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text).Select(each => 3 + each);
}
