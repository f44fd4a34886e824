using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Constraints.Schemas;

namespace Engine.Tests.Constraints.Schemas;

public sealed class RandomSchemasTests
{
    [Fact]
    public void A_schema_that_is_not_refused_means_the_same_to_JsonSchema_Net()
    {
        (int accepted, int rejected) = (0, 0);
        for (int seed = 0; seed < 1500; seed++)
        {
            RandomSchemas random = new(seed);
            string text = random.Schema().ToJsonString();
            ValueSpec spec;
            try
            {
                spec = Read.Schema(text);
            }
            catch (InvalidRequestException e) when (e.Message.Contains("nothing meets", StringComparison.Ordinal))
            {
                spec = new ValueSpec();
            }
            catch (InvalidRequestException)
            {
                continue;
            }
            var judge = Json.Schema.JsonSchema.FromText(text);
            for (int i = 0; i < 20; i++)
            {
                JsonNode? value = random.Value();
                string json = value?.ToJsonString() ?? "null";
                bool isValid = judge.Evaluate(JsonElement.Parse(json)).IsValid;
                Assert.True(isValid == Read.Accepts(spec, json), $"seed {seed}: {text} should {(isValid ? "accept" : "reject")} {json}");
                (accepted, rejected) = isValid ? (accepted + 1, rejected) : (accepted, rejected + 1);
            }
        }
        Assert.True(accepted > 5000 && rejected > 5000, $"{accepted} accepted, {rejected} rejected");
    }
}
