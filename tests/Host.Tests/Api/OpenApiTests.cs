using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Engine.Host.Tests.Api;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_document_is_accepted_by_OpenAPI_readers_without_complaints()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        ReadResult read = OpenApiDocument.Parse(await server.Client.GetStringAsync("/openapi/engine.json"), "json");
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.All(read.Document!.Paths.SelectMany(path => path.Value.Operations!.Values), operation => Assert.NotEmpty(operation.Summary!));
    }

    [Fact]
    public async Task Every_endpoint_of_the_API_is_in_the_document()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        JsonObject paths = (await DocumentAsync(server))["paths"]!.AsObject();
        JsonNode unknown = JsonNode.Parse(await (await server.Client.GetAsync("/nope")).Content.ReadAsStringAsync())!;
        string message = (string)unknown["error"]!["message"]!;
        string[] known = [.. message.Split("There are ")[1].Split(". ")[0].Split(", ").Select(route => route.Split(' ')[1].TrimEnd('.')).Distinct()];
        string[] others = ["/", "/scalar", "/openapi", "/metrics"];
        Assert.Equal(
            known.Where(path => path != "/" && !others[1..].Any(other => path.StartsWith(other, StringComparison.Ordinal))).Order(StringComparer.Ordinal),
            paths.Select(path => path.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_field_has_its_type_and_description()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        JsonNode schema = Body((await DocumentAsync(server))["paths"]!["/v1/chat/completions"]!)["schema"]!;
        Assert.Equal("Keeps the k largest logits; 0 or -1 keeps all.", (string?)schema["properties"]!["top_k"]!["description"]);
        Assert.Contains("integer", schema["properties"]!["top_k"]!["type"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("string", schema["properties"]!["stop"]!["anyOf"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_example_is_a_request_that_its_endpoint_takes()
    {
        await using ServeProcess process = await ServeProcess.StartAsync(
            [], ("Engine__Models__default__Path", "builtin:llama-stories"), ("Engine__Models__encoder__Path", "builtin:bert-facts"));
        string[] ofEncoders = ["/v1/embeddings", "/v1/rerank", "/api/embed", "/api/embeddings"];
        using JsonDocument document = JsonDocument.Parse(await process.Client.GetStringAsync(new Uri("/openapi/engine.json", UriKind.Relative)));
        int examples = 0;
        foreach (JsonProperty path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            if (!path.Value.TryGetProperty("post", out JsonElement post))
            {
                continue;
            }
            JsonElement body = post.GetProperty("requestBody").GetProperty("content").GetProperty("application/json");
            foreach (JsonElement each in body.TryGetProperty("example", out JsonElement only) ? [only] : body.GetProperty("examples").EnumerateObject().Select(named => named.Value.GetProperty("value")))
            {
                JsonNode example = JsonNode.Parse(each.GetRawText())!;
                if (ofEncoders.Contains(path.Name))
                {
                    example["model"] = "encoder";
                }
                using HttpResponseMessage response = await process.Client.PostAsync(new Uri(path.Name, UriKind.Relative), new StringContent(example.ToJsonString()));
                Assert.True(response.IsSuccessStatusCode, $"{path.Name}: {example.ToJsonString()}: {await response.Content.ReadAsStringAsync()}");
                examples++;
            }
        }
        Assert.True(examples >= 24);
    }

    [Fact]
    public async Task The_page_over_the_document_contacts_no_other_machine()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        string page = await server.Client.GetStringAsync("/scalar/");
        Assert.Contains("openapi/engine.json", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal);
        Assert.DoesNotContain("cdn.", page, StringComparison.Ordinal);
    }

    private static async Task<JsonNode> DocumentAsync(TestServer server) => JsonNode.Parse(await server.Client.GetStringAsync("/openapi/engine.json"))!;

    private static JsonNode Body(JsonNode path) => path["post"]!["requestBody"]!["content"]!["application/json"]!;
}
