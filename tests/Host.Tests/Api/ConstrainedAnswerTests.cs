using System.Net;
using System.Text.Json;

namespace Engine.Host.Tests.Api;

/// <summary>The story teller, which knows no JSON, held to forms in every dialect.</summary>
public sealed class ConstrainedAnswerTests(ConstrainedAnswerTests.Stories stories) : IClassFixture<ConstrainedAnswerTests.Stories>
{
    private const string Said = """[{"role": "user", "content": "One rainy day, Peter was in the garden."}]""";
    private const string Schema =
        """{"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}, "mood": {"enum": ["calm", "cross"]}, "age": {"type": "integer", "minimum": 1, "maximum": 99}}, "required": ["name", "mood", "age"], "additionalProperties": false}""";

    [Theory]
    [InlineData("/v1/chat/completions", """{"messages": SAID, "max_tokens": 99, "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}}""")]
    [InlineData("/v1/completions", """{"prompt": "One rainy day", "max_tokens": 99, "json_schema": SCHEMA}""")]
    [InlineData("/v1/responses", """{"input": SAID, "max_output_tokens": 99, "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}}}""")]
    [InlineData("/v1/messages", """{"messages": SAID, "max_tokens": 99, "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}""")]
    [InlineData("/api/chat", """{"messages": SAID, "stream": false, "options": {"num_predict": 99}, "format": SCHEMA}""")]
    [InlineData("/api/generate", """{"prompt": "One rainy day", "stream": false, "options": {"num_predict": 99}, "format": SCHEMA}""")]
    public async Task An_answer_meets_its_schema(string path, string body)
    {
        JsonElement answer = await stories.Server.AskAsync(path, Fill(body));
        JsonElement value = JsonElement.Parse(TextOf(path, answer));
        Assert.Equal(["name", "mood", "age"], value.EnumerateObject().Select(property => property.Name));
        Assert.InRange(value.GetProperty("name").GetString()!.EnumerateRunes().Count(), 0, 9);
        Assert.Contains(value.GetProperty("mood").GetString(), new[] { "calm", "cross" });
        Assert.InRange(value.GetProperty("age").GetInt32(), 1, 99);
    }

    [Theory]
    [InlineData("""{"messages": SAID, "max_tokens": 40, "regex": "[A-Z][a-z]{2,5} (ran|sat)\\."}""", @"\A[A-Z][a-z]{2,5} (ran|sat)\.\z")]
    [InlineData("""{"messages": SAID, "max_tokens": 40, "choice": ["yes", "no", "perhaps"]}""", @"\A(yes|no|perhaps)\z")]
    [InlineData("""{"messages": SAID, "max_tokens": 40, "grammar": "root ::= (\"a\" | \"b\") \"-\" [0-9]"}""", @"\A[ab]-[0-9]\z")]
    public async Task An_answer_has_the_form_that_was_asked_for_and_ends_by_itself(string body, string form)
    {
        JsonElement choice = (await stories.Server.ChatAsync(Fill(body))).GetProperty("choices")[0];
        Assert.Matches(form, choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task A_truncated_answer_is_incomplete_but_one_that_must_be_complete_is_not()
    {
        const string body = """{"messages": SAID, "max_tokens": 24, "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object", "properties": {"text": {"type": "string", "minLength": 60}}, "required": ["text"]}}}}""";
        JsonElement cut = (await stories.Server.ChatAsync(Fill(body.Replace("60", "200", StringComparison.Ordinal)))).GetProperty("choices")[0];
        Assert.Equal("length", cut.GetProperty("finish_reason").GetString());
        JsonElement whole = (await stories.Server.ChatAsync(Fill(body.Replace("\"minLength\": 60", "\"minLength\": 1", StringComparison.Ordinal)[..^1] + """, "finish": "always_valid"}"""))).GetProperty("choices")[0];
        Assert.NotEqual("", JsonElement.Parse(whole.GetProperty("message").GetProperty("content").GetString()!).GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"messages": SAID, "tools": [{"type": "function", "function": {"name": "remember", "parameters": SCHEMA}}], "tool_choice": "required", "max_tokens": 200}""")]
    [InlineData("/v1/responses", """{"input": SAID, "tools": [{"type": "function", "name": "remember", "parameters": SCHEMA}], "tool_choice": "required", "max_output_tokens": 200}""")]
    [InlineData("/v1/messages", """{"messages": SAID, "tools": [{"name": "remember", "input_schema": SCHEMA}], "tool_choice": {"type": "any", "disable_parallel_tool_use": true}, "max_tokens": 200}""")]
    public async Task A_required_call_is_made(string path, string body)
    {
        JsonElement answer = await stories.Server.AskAsync(path, Fill(body));
        (string? name, string arguments) = path switch
        {
            "/v1/messages" => (answer.GetProperty("content")[0].GetProperty("name").GetString(), answer.GetProperty("content")[0].GetProperty("input").GetRawText()),
            "/v1/responses" => Called(answer.GetProperty("output")[0]),
            _ => Called(answer.GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function")),
        };
        Assert.Equal("remember", name);
        Assert.InRange(JsonElement.Parse(arguments).GetProperty("age").GetInt32(), 1, 99);
    }

    [Theory]
    [InlineData("""{"messages": SAID, "json_schema": {"type": "nope"}}""", "json_schema")]
    [InlineData("""{"messages": SAID, "regex": "(a"}""", "regex")]
    [InlineData("""{"messages": SAID, "grammar": "root ::= other"}""", "grammar")]
    [InlineData("""{"messages": SAID, "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "nope"}}}}}], "tool_choice": "required"}""", "tools")]
    public async Task A_form_that_is_not_understood_is_answered_400_with_its_field(string body, string param)
    {
        using HttpResponseMessage response = await stories.Server.PostAsync(Fill(body), path: "/v1/chat/completions");
        string answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, answer);
        Assert.Equal(param, JsonElement.Parse(answer).GetProperty("error").GetProperty("param").GetString());
    }

    private static (string? Name, string Arguments) Called(JsonElement call) => (call.GetProperty("name").GetString(), call.GetProperty("arguments").GetString()!);

    private static string TextOf(string path, JsonElement answer) => (path switch
    {
        "/v1/chat/completions" => answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content"),
        "/v1/completions" => answer.GetProperty("choices")[0].GetProperty("text"),
        "/v1/responses" => answer.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text"),
        "/v1/messages" => answer.GetProperty("content")[0].GetProperty("text"),
        "/api/chat" => answer.GetProperty("message").GetProperty("content"),
        _ => answer.GetProperty("response"),
    }).GetString()!;

    private static string Fill(string body) => body.Replace("SAID", Said, StringComparison.Ordinal).Replace("SCHEMA", Schema, StringComparison.Ordinal);

    /// <summary>The server with the default model.</summary>
    public sealed class Stories : IAsyncLifetime
    {
        private TestServer? _server;

        internal TestServer Server => _server!;

        public async Task InitializeAsync() => _server = await TestServer.StartModelAsync("builtin:llama-stories");

        public async Task DisposeAsync()
        {
            if (_server is not null)
            {
                await _server.DisposeAsync();
            }
        }
    }
}
