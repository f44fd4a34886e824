using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Engine.Api.Anthropic;
using Engine.Api.Ollama;
using Engine.Api.OpenAI;
using Engine.Api.OpenAI.Responses;
using Engine.Api.Texts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Host.Tests.Api;

/// <summary>Bodies that would harm a careless server. Each is quickly refused with a message, and the server continues.</summary>
public sealed class HostileBodyTests
{
    private const string Template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";

    /// <summary>Beyond a sentence and what it quotes.</summary>
    private const int LongestRefusal = 4000;

    // Just below the limit of 30,000,000 bytes.
    private const int Large = 29_000_000;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    // Some endpoints ignore what they do not know, or accept a part of it: Ollama's endpoints load a model if nothing else is requested.
    private static readonly (string Name, bool Fits, Func<string> Text)[] Bodies =
    [
        ("nothing", false, () => ""),
        ("blanks", false, () => " \r\n\t "),
        ("null", false, () => "null"),
        ("a number", false, () => "1"),
        ("a text", false, () => "\"prompt\""),
        ("half an object", false, () => """{"prompt": "a", """),
        ("two objects", false, () => """{"prompt": "a"} {"prompt": "a"}"""),
        ("a comment", false, () => """{"prompt": "a" /* b */}"""),
        ("a comma too many", false, () => """{"prompt": "a",}"""),
        ("NaN", false, () => """{"prompt": "a", "temperature": NaN}"""),
        ("a form", false, () => "prompt=a&model=default"),
        ("NUL bytes", false, () => new string('\0', 1000)),
        ("arrays in arrays", false, () => new string('[', 1_000_000)),
        ("objects in objects", false, () => string.Concat(Enumerable.Repeat("{\"prompt\":", 100_000))),
        ("a prompt of arrays in arrays", false, () => $$"""{"prompt": {{Nested(100_000)}}}"""),
        ("messages of arrays in arrays", false, () => $$"""{"messages": [{"role": "user", "content": {{Nested(100_000)}}}]}"""),
        ("an unknown field of arrays in arrays", false, () => $$"""{"prompt": "a", "messages": [{"role": "user", "content": "a"}], "extra": {{Nested(1000)}}}"""),
        ("a field twice", false, () => """{"prompt": "a", "prompt": "a", "messages": [], "messages": [], "model": "default", "model": "default"}"""),
        ("a number of a million digits", true, () => $$"""{"prompt": "a", "messages": [{"role": "user", "content": "a"}], "max_tokens": {{new string('9', 1_000_000)}}}"""),
        ("a model of an endless name", false, () => $$"""{"model": "{{new string('m', Large)}}", "prompt": "a", "messages": [{"role": "user", "content": "a"}]}"""),
        ("a role of an endless name", true, () => $$"""{"prompt": 1, "messages": [{"role": "{{new string('r', Large)}}", "content": "a"}]}"""),
        ("a field of an endless name", true, () => $$"""{"{{new string('f', Large)}}": 1}"""),
        ("a hundred thousand fields", true, () => Fields(100_000)),
        ("a hundred thousand messages", true, () => $$"""{"messages": [{{string.Join(',', Enumerable.Repeat("""{"role":"user"}""", 100_000))}}]}"""),
        ("a hundred thousand messages that are null", true, () => $$"""{"messages": [{{string.Join(',', Enumerable.Repeat("null", 100_000))}}]}"""),
        ("a hundred thousand prompts", true, () => $$"""{"prompt": [{{string.Join(',', Enumerable.Repeat("\"a\"", 100_000))}}]}"""),
        ("a hundred thousand stop texts", true, () => $$"""{"prompt": "a", "messages": [{"role": "user", "content": "a"}], "stop": [{{string.Join(',', Enumerable.Repeat("\"a\"", 100_000))}}]}"""),
    ];

    public static TheoryData<string> BodyNames => [.. Bodies.Select(body => body.Name)];

    [Theory]
    [MemberData(nameof(BodyNames))]
    public async Task A_hostile_body_is_refused_with_a_message_by_every_endpoint(string name)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        (string Name, bool Fits, Func<string> Text) hostile = Bodies.Single(body => body.Name == name);
        byte[] body = Encoding.UTF8.GetBytes(hostile.Text());
        foreach (string path in PostRoutes(server))
        {
            using var content = new ByteArrayContent(body);
            using HttpResponseMessage response = await server.Client.PostAsync(new Uri(path, UriKind.Relative), content).WaitAsync(Soon);
            if (hostile.Fits && response.StatusCode == HttpStatusCode.OK)
            {
                continue;
            }
            Assert.True((int)response.StatusCode is >= 400 and < 500, $"{path}: {response.StatusCode}");
            Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
            string refusal = await response.Content.ReadAsStringAsync();
            Assert.True(refusal.Length <= LongestRefusal, $"{path}: {refusal.Length} characters, {refusal[..Math.Min(200, refusal.Length)]}");
            Assert.DoesNotContain("   at ", refusal, StringComparison.Ordinal);
            Assert.True(JsonElement.Parse(refusal).TryGetProperty("error", out _), refusal);
        }
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(new Uri("/health", UriKind.Relative))).StatusCode);
    }

    [Theory]
    [InlineData(Chat)]
    [InlineData(Completions)]
    [InlineData("/v1/responses")]
    [InlineData("/v1/embeddings")]
    [InlineData("/v1/rerank")]
    [InlineData("/v1/score")]
    [InlineData("/tokenize")]
    [InlineData("/detokenize")]
    [InlineData("/v1/messages")]
    [InlineData("/v1/messages/count_tokens")]
    [InlineData("/api/chat")]
    [InlineData("/api/generate")]
    [InlineData("/api/embed")]
    [InlineData("/api/show")]
    public async Task A_field_of_another_kind_is_refused_or_ignored_and_never_a_server_error(string path)
    {
        string[] values = ["null", "true", "\"\"", "\"x\"", "0", "-1", "1", "1.5", "1e999", "-1e999", "123456789012345678901234567890", "[]", "[null]", "[[]]", "[{}]", "[1]", "[\"x\"]", "{}", """{"a": null}""", """{"1": 1e999}"""];
        (JsonTypeInfo type, string sound) = Shapes[path];
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        var queue = new Queue<(JsonTypeInfo Type, string[] At)>([(type, [])]);
        if (JsonNode.Parse(sound)!["messages"] is not null && type.Properties.FirstOrDefault(property => property.Name == "messages") is { } messages)
        {
            queue.Enqueue((type.Options.GetTypeInfo(type.Options.GetTypeInfo(messages.PropertyType).ElementType!), ["messages"]));
        }
        while (queue.TryDequeue(out (JsonTypeInfo Type, string[] At) shape))
        {
            foreach (string field in shape.Type.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name))
            {
                foreach (string value in values)
                {
                    JsonNode body = JsonNode.Parse(sound)!;
                    JsonNode at = shape.At.Length == 0 ? body : body["messages"]![0]!;
                    at[field] = JsonNode.Parse(value);
                    using HttpResponseMessage response = await server.PostAsync(body.ToJsonString(), path: path).WaitAsync(Soon);
                    string answer = await response.Content.ReadAsStringAsync();
                    Assert.True((int)response.StatusCode < 500, $"{field}: {value}: {answer}");
                }
            }
        }
    }

    private const string Said = """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1}""";

    private static readonly Dictionary<string, (JsonTypeInfo Type, string Sound)> Shapes = new()
    {
        [Chat] = (OpenAIJson.Api.ChatRequest, Said),
        [Completions] = (OpenAIJson.Api.CompletionRequest, """{"prompt": "a", "max_tokens": 1}"""),
        ["/v1/responses"] = (ResponsesJson.Api.ResponseRequest, """{"input": "a", "max_output_tokens": 1}"""),
        ["/v1/embeddings"] = (OpenAIJson.Api.EmbeddingRequest, """{"input": "a"}"""),
        ["/v1/rerank"] = (TextsJson.Api.RerankRequest, """{"query": "a", "documents": ["b"]}"""),
        ["/v1/score"] = (TextsJson.Api.ScoringRequest, """{"input": "a"}"""),
        ["/tokenize"] = (TextsJson.Api.TokenizeRequest, """{"content": "a"}"""),
        ["/detokenize"] = (TextsJson.Api.DetokenizeRequest, """{"tokens": [1]}"""),
        ["/v1/messages"] = (AnthropicJson.Api.MessagesRequest, Said),
        ["/v1/messages/count_tokens"] = (AnthropicJson.Api.CountTokensRequest, """{"messages": [{"role": "user", "content": "a"}]}"""),
        ["/api/chat"] = (OllamaJson.Api.OllamaChatRequest, """{"messages": [{"role": "user", "content": "a"}], "options": {"num_predict": 1}, "stream": false}"""),
        ["/api/generate"] = (OllamaJson.Api.OllamaGenerateRequest, """{"prompt": "a", "options": {"num_predict": 1}, "stream": false}"""),
        ["/api/embed"] = (OllamaJson.Api.OllamaEmbedRequest, """{"input": "a"}"""),
        ["/api/show"] = (OllamaJson.Api.OllamaShowRequest, """{"model": "default"}"""),
    };

    private static IEnumerable<string> PostRoutes(TestServer server) =>
        server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("POST") ?? false)
            .Select(endpoint => endpoint.RoutePattern.RawText!);

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static string Fields(int count)
    {
        var body = new StringBuilder("{\"prompt\": \"a\", \"messages\": [{\"role\": \"user\", \"content\": \"a\"}]");
        for (int i = 0; i < count; i++)
        {
            body.Append(",\"field_of_").Append(i).Append("\":1");
        }
        return body.Append('}').ToString();
    }
}
