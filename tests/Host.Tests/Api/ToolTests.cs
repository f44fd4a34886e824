using System.Net;
using System.Text.Json;
using Engine.Constraints;

namespace Engine.Host.Tests.Api;

/// <summary>Tools in chat completions.</summary>
public sealed class ToolTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Tools = """
        "tools": [{"type": "function", "function": {"name": "weather", "description": "Tells the weather.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}, "strict": false}},
                  {"type": "function", "function": {"name": "now"}}]
        """;
    private const string Ask = $$"""{"messages": [{"role": "user", "content": "a"}], {{Tools}}""";

    [Fact]
    public async Task Calls_come_after_the_text_with_their_ids_and_the_reason()
    {
        ScriptedBackend backend = ToolScript.Saying(ToolScript.TwoCalls);
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement choice = (await server.ChatAsync(Ask + "}")).GetProperty("choices")[0];
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        JsonElement message = choice.GetProperty("message");
        Assert.Equal("Let me see.", message.GetProperty("content").GetString());
        JsonElement[] calls = [.. message.GetProperty("tool_calls").EnumerateArray()];
        Assert.Equal(
            [
                """{"type":"function","id":"ID","function":{"name":"weather","arguments":"{\"city\":\"Oslo\",\"days\":2}"}}""",
                """{"type":"function","id":"ID","function":{"name":"now","arguments":"{}"}}""",
            ],
            calls.Select(call => call.GetRawText().Replace(call.GetProperty("id").GetString()!, "ID", StringComparison.Ordinal)));
        Assert.Equal(2, calls.Select(call => call.GetProperty("id").GetString()).Distinct().Count());
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.StartsWith("""[weather {"type": "object", "properties": {"city": {"type": "string"}}}][now {""", ToolScript.Prompt(request), StringComparison.Ordinal);
        Assert.Null(request.Constraint);
    }

    [Fact]
    public async Task An_answer_that_only_calls_has_no_content()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.OneCall));
        JsonElement message = (await server.ChatAsync(Ask + "}")).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(JsonValueKind.Null, message.GetProperty("content").ValueKind);
        Assert.Single(message.GetProperty("tool_calls").EnumerateArray());
    }

    /// <summary>Clients merge calls of one index, and throw at a first delta without id, type or name.</summary>
    [Fact]
    public async Task Each_call_is_streamed_in_a_delta_with_its_index_id_type_and_name()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.TwoCalls));
        string[] events = await server.StreamAsync(Ask + """, "stream": true}""", Chat);
        JsonElement[] choices = [.. events[..^1].Select(chunk => JsonElement.Parse(chunk).GetProperty("choices")[0])];
        string[] ids = [.. choices.SelectMany(Calls).Select(call => call.GetProperty("id").GetString()!)];
        Assert.Equal(2, ids.Distinct().Count());
        Assert.Equal(
            [
                """{"role":"assistant","content":"Let me"}""", """{"content":" see."}""",
                $$$"""{"tool_calls":[{"index":0,"type":"function","id":"{{{ids[0]}}}","function":{"name":"weather","arguments":"{\"city\":\"Oslo\",\"days\":2}"}}]}""",
                $$$"""{"tool_calls":[{"index":1,"type":"function","id":"{{{ids[1]}}}","function":{"name":"now","arguments":"{}"}}]}""", "{}",
            ],
            choices.Select(choice => choice.GetProperty("delta").GetRawText()));
        Assert.Equal([null, null, null, null, "tool_calls"], choices.Select(choice => choice.GetProperty("finish_reason").GetString()));
    }

    [Fact]
    public async Task Half_a_call_gives_a_finish_reason_and_no_call()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.TwoCalls));
        JsonElement choice = (await server.ChatAsync(Ask + """, "max_tokens": 4}""")).GetProperty("choices")[0];
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.Equal("Let me see.", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.False(choice.GetProperty("message").TryGetProperty("tool_calls", out _));
    }

    [Fact]
    public async Task Each_of_several_answers_has_its_own_calls()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.OneCall));
        JsonElement[] choices = [.. (await server.ChatAsync(Ask + """, "n": 2}""")).GetProperty("choices").EnumerateArray()];
        Assert.Equal(2, choices.Select(choice => Assert.Single(choice.GetProperty("message").GetProperty("tool_calls").EnumerateArray()).GetProperty("id").GetString()).Distinct().Count());
    }

    [Theory]
    [InlineData("\"auto\"", null, true, true)]
    [InlineData("null", null, true, true)]
    [InlineData("\"none\"", null, false, false)]
    [InlineData("\"required\"", "weather now", true, true)]
    [InlineData("""{"type": "function", "function": {"name": "now"}}""", "now", true, true)]
    [InlineData("""{"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "now"}}]}}""", "now", false, true)]
    [InlineData("""{"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "now"}}]}}""", null, false, true)]
    public async Task A_choice_of_tools_says_which_the_model_sees_and_which_it_must_call(string choice, string? called, bool seesWeather, bool seesNow)
    {
        ScriptedBackend backend = ToolScript.Saying("a");
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.ChatAsync($$"""{{Ask}}, "tool_choice": {{choice}}}""");
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal(seesWeather, ToolScript.Prompt(request).Contains("[weather", StringComparison.Ordinal));
        Assert.Equal(seesNow, ToolScript.Prompt(request).Contains("[now", StringComparison.Ordinal));
        if (called is null)
        {
            Assert.Null(request.Constraint);
            return;
        }
        string shape = Describe(Assert.IsType<ShapeConstraint>(request.Constraint).Shape);
        Assert.Equal(called.Contains("weather", StringComparison.Ordinal), shape.Contains("weather", StringComparison.Ordinal));
        Assert.Contains("now", shape, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""", "parallel_tool_calls": false""", true)]
    [InlineData(""", "parallel_tool_calls": true""", false)]
    public async Task At_most_one_call_is_a_constraint(string field, bool constrains)
    {
        ScriptedBackend backend = ToolScript.Saying("a");
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.ChatAsync($$"""{{Ask}}{{field}}}""");
        Assert.Equal(constrains, Assert.Single(backend.Requests).Constraint is ShapeConstraint);
    }

    [Fact]
    public async Task A_form_of_the_answer_and_tools_can_be_asked_for_at_once()
    {
        ScriptedBackend backend = ToolScript.Saying("a");
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.ChatAsync(Ask + """, "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "integer"}}}}""");
        string shape = Describe(Assert.IsType<ShapeConstraint>(Assert.Single(backend.Requests).Constraint).Shape);
        Assert.Contains("integer", shape, StringComparison.Ordinal);
        Assert.Contains("weather", shape, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tool_results_reach_the_model()
    {
        ScriptedBackend backend = ToolScript.Saying("a");
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.ChatAsync($$"""
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"} }]},
             {"role": "tool", "tool_call_id": "c1", "content": "\"noon\""}], {{Tools}}}
            """);
        Assert.EndsWith("<user>a<assistant><tool_call>now {}</tool_call><tool>noon<assistant>", ToolScript.Prompt(Assert.Single(backend.Requests)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""" "tools": [{}] """, "tools[0].function", "expected an object, found none")]
    [InlineData(""" "tools": [null] """, "tools[0]", "expected an object, found null")]
    [InlineData(""" "tools": [{"type": "function", "function": {}}] """, "tools[0].function.name", "expected a name, found none")]
    [InlineData(""" "tools": [{"type": "web_search"}] """, "tools[0].type", "expected 'function', because the server runs no tools itself, found 'web_search'")]
    [InlineData(""" "tools": [{"function": {"name": "a b"}}] """, "tools", "found 'a b'")]
    [InlineData(""" "tools": [{"function": {"name": "a"}}, {"function": {"name": "a"}}] """, "tools", "found 'a' twice")]
    [InlineData(""" "tools": [{"function": {"name": "a", "parameters": [1]}}] """, "tools[0].function.parameters", "expected a JSON schema")]
    [InlineData(""" "tools": [{"function": {"name": "a", "parameters": "{}"}}] """, "tools[0].function.parameters", "expected an object")]
    [InlineData(""" "tools": {"a": 1} """, "tools", "expected an array")]
    [InlineData(""" "tool_choice": "required" """, "tool_choice", "expected tools to choose from, found none")]
    [InlineData(""" "tools": [{"function": {"name": "a"}}], "tool_choice": {"type": "function", "function": {"name": "b"}} """, "tool_choice", "expected the tool 'b' among the tools, found 'a'")]
    [InlineData(""" "tools": [{"function": {"name": "a"}}], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"function": {"name": "b"}}]}} """, "tool_choice", "expected the tool 'b' among the tools, found 'a'")]
    [InlineData(""" "tool_choice": "sometimes" """, "tool_choice", "expected 'auto', 'none', 'required'")]
    [InlineData(""" "tool_choice": {"type": "function"} """, "tool_choice", "expected the name of a function")]
    [InlineData(""" "tool_choice": {"type": "web_search"} """, "tool_choice", "of type 'function' or 'allowed_tools'")]
    [InlineData(""" "messages": [{"role": "assistant", "tool_calls": [null]}] """, "messages[0].tool_calls[0]", "expected an object, found null")]
    [InlineData(""" "messages": [{"role": "assistant", "tool_calls": [{"id": "c"}]}] """, "messages[0].tool_calls[0].function.name", "expected a string, found none")]
    [InlineData(""" "messages": [{"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {}}]}] """, "messages[0].tool_calls[0].type", "found 'custom'")]
    [InlineData(""" "functions": [{"name": "a"}] """, "functions", "the older form of tools (send them in 'tools') cannot be asked for")]
    public async Task Invalid_tools_are_answered_400_with_the_field(string fields, string param, string message)
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying("a"));
        string messages = fields.Contains("\"messages\"", StringComparison.Ordinal) ? "" : "\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], ";
        using HttpResponseMessage response = await server.PostAsync($"{{{messages}{fields}}}", path: Chat);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, answer);
        JsonElement error = JsonElement.Parse(answer).GetProperty("error");
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(param, error.GetProperty("param").GetString());
    }

    private static IEnumerable<JsonElement> Calls(JsonElement choice) =>
        choice.GetProperty("delta").TryGetProperty("tool_calls", out JsonElement calls) ? calls.EnumerateArray() : [];

    private static string Describe(AnswerShape shape) => shape switch
    {
        AnswerShape.Literal literal => literal.Text,
        AnswerShape.Marker marker => marker.Text,
        AnswerShape.Json json => json.Schema.GetRawText(),
        AnswerShape.Sequence sequence => string.Concat(sequence.Parts.Select(Describe)),
        AnswerShape.Either either => string.Join('|', either.Options.Select(Describe)),
        AnswerShape.Repeat repeat => Describe(repeat.Part),
        _ => "",
    };
}
