using System.Net;
using System.Text.Json;

namespace Engine.Host.Tests.Api;

/// <summary>What each dialect's way to constrain an answer asks of the model.</summary>
public sealed class AnswerFormTests
{
    private const string Template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>";
    private const string Chat = "/v1/chat/completions", Completions = "/v1/completions", Responses = "/v1/responses", Messages = "/v1/messages", OllamaChat = "/api/chat", OllamaGenerate = "/api/generate";
    private const string Schema = """{"type":"object","properties":{"a":{"type":"integer"}}}""";

    private static readonly Dictionary<string, string> Bodies = new()
    {
        [Chat] = """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1""",
        [Completions] = """{"prompt": "a", "max_tokens": 1""",
        [Responses] = """{"input": "a", "max_output_tokens": 1""",
        [Messages] = """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1""",
        [OllamaChat] = """{"messages": [{"role": "user", "content": "a"}], "stream": false""",
        [OllamaGenerate] = """{"prompt": "a", "stream": false""",
    };

    [Theory]
    [InlineData(Chat, """{"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}}""")]
    [InlineData(Chat, """{"response_format": {"type": "json_schema", "json_schema": {"name": "n", "description": "d", "strict": true, "schema": SCHEMA}}}""")]
    [InlineData(Chat, """{"response_format": {"type": "json_object", "schema": SCHEMA}}""")]
    [InlineData(Chat, """{"json_schema": SCHEMA}""")]
    [InlineData(Chat, """{"guided_json": SCHEMA, "response_format": {"type": "text"}}""")]
    [InlineData(Chat, """{"guided_json": "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}"}""")]
    [InlineData(Chat, """{"structured_outputs": {"json": SCHEMA}}""")]
    [InlineData(Completions, """{"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}}""")]
    [InlineData(Completions, """{"json_schema": SCHEMA}""")]
    [InlineData(Responses, """{"text": {"format": {"type": "json_schema", "name": "n", "strict": true, "schema": SCHEMA}}}""")]
    [InlineData(Messages, """{"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}""")]
    [InlineData(Messages, """{"output_format": {"type": "json_schema", "schema": SCHEMA}}""")]
    [InlineData(OllamaChat, """{"format": SCHEMA}""")]
    [InlineData(OllamaGenerate, """{"format": SCHEMA}""")]
    public async Task A_schema_reaches_the_model_as_it_was_sent(string path, string form)
    {
        JsonSchemaConstraint asked = Assert.IsType<JsonSchemaConstraint>((await AskAsync(path, form)).Constraint);
        Assert.Equal(Schema, asked.Schema.GetRawText());
        Assert.False(asked.ReadsDescriptions);
    }

    [Theory]
    [InlineData(Chat, """{"response_format": {"type": "json_object"}}""")]
    [InlineData(Chat, """{"structured_outputs": {"json_object": true}}""")]
    [InlineData(Completions, """{"response_format": {"type": "json_object"}}""")]
    [InlineData(Responses, """{"text": {"format": {"type": "json_object"}}}""")]
    [InlineData(OllamaChat, """{"format": "json"}""")]
    [InlineData(OllamaGenerate, """{"format": "json"}""")]
    public async Task Any_JSON_object_is_one_of_the_schema_for_objects(string path, string form) =>
        Assert.Equal("""{"type":"object"}""", Assert.IsType<JsonSchemaConstraint>((await AskAsync(path, form)).Constraint).Schema.GetRawText());

    [Theory]
    [InlineData(Chat, """{"regex": "[ab]+"}""")]
    [InlineData(Completions, """{"guided_regex": "[ab]+"}""")]
    [InlineData(Responses, """{"structured_outputs": {"regex": "[ab]+"}}""")]
    public async Task A_regular_expression_reaches_the_model(string path, string form) =>
        Assert.Equal(new RegexConstraint("[ab]+"), (await AskAsync(path, form)).Constraint);

    [Theory]
    [InlineData(Chat, """{"grammar": "root ::= \"a\""}""")]
    [InlineData(Completions, """{"guided_grammar": "root ::= \"a\""}""")]
    [InlineData(Responses, """{"structured_outputs": {"grammar": "root ::= \"a\""}}""")]
    public async Task A_grammar_reaches_the_model(string path, string form) =>
        Assert.Equal(new GrammarConstraint("root ::= \"a\""), (await AskAsync(path, form)).Constraint);

    [Theory]
    [InlineData(Chat, """{"choice": ["yes", "no"]}""")]
    [InlineData(Completions, """{"guided_choice": ["yes", "no"]}""")]
    [InlineData(Responses, """{"structured_outputs": {"choice": ["yes", "no"]}}""")]
    public async Task A_choice_reaches_the_model(string path, string form) =>
        Assert.Equal(["yes", "no"], Assert.IsType<ChoiceConstraint>((await AskAsync(path, form)).Constraint).Choices);

    [Theory]
    [InlineData(Chat, """{"response_format": {"type": "text"}, "regex": "", "grammar": null, "guided_json": null, "structured_outputs": {}}""")]
    [InlineData(Responses, """{"text": {"format": {"type": "text"}}}""")]
    [InlineData(Messages, """{"output_config": {"format": null}}""")]
    [InlineData(OllamaChat, """{"format": ""}""")]
    [InlineData(OllamaChat, """{"format": null}""")]
    public async Task Text_is_any_text(string path, string form) => Assert.Null((await AskAsync(path, form)).Constraint);

    [Theory]
    [InlineData(Chat, """{"json_schema": true, "finish": "always_valid"}""")]
    [InlineData(Completions, """{"json_schema": true, "finish": "always_valid"}""")]
    [InlineData(Responses, """{"json_schema": true, "finish": "always_valid"}""")]
    [InlineData(Messages, """{"output_format": {"type": "json_schema", "schema": true}, "finish": "always_valid"}""")]
    [InlineData(OllamaChat, """{"format": "json", "finish": "always_valid"}""")]
    [InlineData(OllamaGenerate, """{"format": "json", "finish": "always_valid"}""")]
    public async Task An_answer_can_be_required_to_be_complete_in_every_dialect(string path, string form)
    {
        Assert.True((await AskAsync(path, form)).AlwaysValid);
        Assert.False((await AskAsync(path, form.Replace("\"finish\": \"always_valid\"", "\"user\": \"u\"", StringComparison.Ordinal))).AlwaysValid);
    }

    /// <summary>Microsoft.Extensions.AI.OpenAI moves keywords of a schema into its descriptions.</summary>
    [Theory]
    [InlineData(Chat, "OpenAI/2.15.0 (.NET 10.0.0; Linux) MEAI/10.11.0", "", true)]
    [InlineData(Responses, "OpenAI/2.15.0 (.NET 10.0.0; Linux) MEAI/10.11.0", "", true)]
    [InlineData(Chat, "OpenAI/2.15.0 (.NET 10.0.0; Linux)", "", false)]
    [InlineData(Chat, "OpenAI/JS 7.55.0", """, "reads_descriptions": true""", true)]
    [InlineData(Chat, "OpenAI/2.15.0 MEAI/10.11.0", """, "reads_descriptions": false""", false)]
    [InlineData(Messages, "", """, "reads_descriptions": true""", true)]
    [InlineData(OllamaChat, "", """, "reads_descriptions": true""", true)]
    public async Task Keywords_in_descriptions_count_for_the_client_that_writes_them_or_on_request(string path, string client, string field, bool reads)
    {
        string form = path switch
        {
            Responses => """{"text": {"format": {"type": "json_schema", "schema": true}}""",
            Messages => """{"output_format": {"type": "json_schema", "schema": true}""",
            OllamaChat => """{"format": {"type": "string"}""",
            _ => """{"json_schema": true""",
        };
        Assert.Equal(reads, Assert.IsType<JsonSchemaConstraint>((await AskAsync(path, form + field + "}", client)).Constraint).ReadsDescriptions);
    }

    [Theory]
    [InlineData("OpenAI/2.15.0 (.NET 10.0.0; Linux)", true)]
    [InlineData("Semantic-Kernel OpenAI/2.10.0", true)]
    [InlineData("OpenAI/JS 7.55.0", false)]
    public async Task A_time_has_no_offset_for_clients_whose_schemas_are_made_from_types_of_NET(string client, bool isLocal) =>
        Assert.Equal(isLocal, Assert.IsType<JsonSchemaConstraint>((await AskAsync(Chat, """{"json_schema": true}""", client)).Constraint).LocalTimes);

    [Theory]
    [InlineData(Chat, """{"response_format": {}}""", "response_format.type", "expected 'text', 'json_object' or 'json_schema', found none")]
    [InlineData(Chat, """{"response_format": {"type": "xml"}}""", "response_format.type", "found 'xml'")]
    [InlineData(Chat, """{"response_format": {"type": "json_schema"}}""", "response_format.json_schema", "expected an object, found none")]
    [InlineData(Chat, """{"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}}""", "response_format.json_schema.schema", "expected a JSON schema, found none")]
    [InlineData(Chat, """{"response_format": {"type": "json_schema", "json_schema": {"schema": [1]}}}""", "response_format.json_schema.schema", "an object, true or false, found [1]")]
    [InlineData(Chat, """{"response_format": "json"}""", "response_format", "expected an object, found \"json\"")]
    [InlineData(Chat, """{"guided_json": "{"}""", "guided_json", "expected a JSON schema, found")]
    [InlineData(Chat, """{"guided_json": "\"a\""}""", "guided_json", "an object, true or false")]
    [InlineData(Chat, """{"choice": []}""", "choice", "found none")]
    [InlineData(Chat, """{"choice": ["a", ""]}""", "choice", "found an empty one")]
    [InlineData(Chat, """{"choice": ["a", null]}""", "choice", "found an empty one")]
    [InlineData(Chat, """{"regex": "a", "response_format": {"type": "json_object"}}""", "regex", "found another in 'response_format'")]
    [InlineData(Chat, """{"structured_outputs": {"regex": "a", "json": true}}""", "structured_outputs.regex", "found another in 'structured_outputs.json'")]
    [InlineData(Chat, """{"finish": "soon"}""", "finish", "expected 'always_valid', found 'soon'")]
    [InlineData(Responses, """{"text": {"format": {"type": "json_schema"}}}""", "text.format.schema", "found none")]
    [InlineData(Responses, """{"text": {"format": {"type": "grammar"}}}""", "text.format.type", "found 'grammar'")]
    [InlineData(Responses, """{"text": {"format": {"type": "json_object"}}, "regex": "a"}""", "regex", "found another in 'text.format'")]
    [InlineData(Messages, """{"output_config": {"format": {"type": "json"}}}""", null, "'output_config.format.type': expected 'json_schema', found 'json'")]
    [InlineData(Messages, """{"output_config": {"format": {"type": "json_schema"}}}""", null, "'output_config.format.schema': expected a JSON schema, found none")]
    [InlineData(Messages, """{"output_config": {"format": {"type": "json_schema", "schema": true}}, "output_format": {"type": "json_schema", "schema": true}}""", null, "found another in 'output_config.format'")]
    [InlineData(OllamaChat, """{"format": "xml"}""", null, "'format': expected 'json' or a JSON schema, found \"xml\"")]
    [InlineData(OllamaGenerate, """{"format": [1]}""", null, "'format': expected 'json' or a JSON schema, found [1]")]
    public async Task An_invalid_form_is_answered_400_with_its_field(string path, string form, string? param, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        using HttpResponseMessage response = await server.PostAsync(Body(path, form), path: path);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, answer);
        JsonElement error = JsonElement.Parse(answer).GetProperty("error");
        Assert.Contains(message, error.ValueKind == JsonValueKind.String ? error.GetString() : error.GetProperty("message").GetString(), StringComparison.Ordinal);
        if (param is not null)
        {
            Assert.Equal(param, error.GetProperty("param").GetString());
        }
    }

    /// <summary>A constraint that the model refuses is reported with the field it came from.</summary>
    [Theory]
    [InlineData(Chat, """{"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}""", "response_format")]
    [InlineData(Chat, """{"regex": "a"}""", "regex")]
    [InlineData(Chat, """{"response_format": {"type": "json_object"}, "stream": true}""", "response_format")]
    [InlineData(Chat, """{"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "required"}""", "tools")]
    [InlineData(Completions, """{"guided_json": SCHEMA}""", "guided_json")]
    [InlineData(Responses, """{"text": {"format": {"type": "json_schema", "schema": SCHEMA}}}""", "text.format")]
    [InlineData(Messages, """{"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}""", null)]
    [InlineData(OllamaChat, """{"format": SCHEMA}""", null)]
    public async Task A_constraint_that_the_model_refuses_is_answered_400_with_its_field(string path, string form, string? param)
    {
        var backend = new ScriptedBackend { ChatTemplate = Template, Refusal = new InvalidRequestException("Reading a JSON schema, at #/a: no.") { Property = "Constraint" } };
        await using TestServer server = await TestServer.StartAsync(backend);
        using HttpResponseMessage response = await server.PostAsync(Body(path, form), path: path);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, answer);
        Assert.Contains("Reading a JSON schema, at #/a: no.", answer, StringComparison.Ordinal);
        if (param is not null)
        {
            Assert.Equal(param, JsonElement.Parse(answer).GetProperty("error").GetProperty("param").GetString());
        }
    }

    [Fact]
    public async Task The_configuration_can_require_every_answer_of_a_form_to_be_complete()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:AlwaysValid", "true"));
        await server.ChatAsync(Body(Chat, """{"response_format": {"type": "json_object"}}"""));
        Assert.True(Assert.Single(backend.Requests).AlwaysValid);
    }

    [Fact]
    public async Task A_response_reports_the_requested_form()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        JsonElement answer = await server.AskAsync(Responses, """{"input": "a", "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}}}""");
        Assert.Equal("""{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}""", answer.GetProperty("text").GetProperty("format").GetRawText());
    }

    /// <summary>What the model is asked.</summary>
    private static async Task<GenerateRequest> AskAsync(string path, string form, string client = "")
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(Body(path, form)) };
        if (client.Length > 0)
        {
            request.Headers.UserAgent.ParseAdd(client);
        }
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return Assert.Single(backend.Requests);
    }

    private static string Body(string path, string form) => $"{Bodies[path]}, {form[1..].Replace("SCHEMA", Schema, StringComparison.Ordinal)}";
}
