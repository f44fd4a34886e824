using System.Net;
using System.Text.Json;
using Engine.BuiltIn;
using Engine.Constraints;
using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Host.Tests.Api;

/// <summary>Tools in the dialects beside chat completions.</summary>
public sealed class DialectToolTests
{
    private const string Responses = "/v1/responses", Messages = "/v1/messages", OllamaChat = "/api/chat";
    private const string Weather = """{"type": "object", "properties": {"city": {"type": "string"}}}""";

    private static readonly Dictionary<string, string> Asks = new()
    {
        [Responses] = $$"""{"input": "a", "tools": [{"type": "function", "name": "weather", "description": "d", "parameters": {{Weather}}, "strict": null}, {"type": "function", "name": "now"}]""",
        [Messages] = $$$"""{"messages": [{"role": "user", "content": "a"}], "max_tokens": 99, "tools": [{"name": "weather", "description": "d", "input_schema": {{{Weather}}} }, {"type": "custom", "name": "now", "input_schema": {"type": "object"}}]""",
        [OllamaChat] = $$$"""{"messages": [{"role": "user", "content": "a"}], "tools": [{"type": "function", "function": {"name": "weather", "description": "d", "parameters": {{{Weather}}} }}, {"type": "function", "function": {"name": "now"}}]""",
    };

    [Fact]
    public async Task A_response_has_the_calls_as_items_after_the_message()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.TwoCalls));
        JsonElement answer = await server.AskAsync(Responses, Asks[Responses] + "}");
        Assert.Equal("completed", answer.GetProperty("status").GetString());
        JsonElement[] items = [.. answer.GetProperty("output").EnumerateArray()];
        Assert.Equal("Let me see.", items[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(
            [
                ("function_call", "completed", "weather", """{"city":"Oslo","days":2}"""),
                ("function_call", "completed", "now", "{}"),
            ],
            items[1..].Select(item => (Text(item, "type"), Text(item, "status"), Text(item, "name"), Text(item, "arguments"))));
        Assert.Equal(4, items[1..].SelectMany(item => new[] { Text(item, "id"), Text(item, "call_id") }).Distinct().Count());
        Assert.Equal("auto", answer.GetProperty("tool_choice").GetString());
        Assert.Equal(["weather", "now"], answer.GetProperty("tools").EnumerateArray().Select(tool => Text(tool, "name")));
    }

    [Fact]
    public async Task A_streamed_response_reports_each_item_from_beginning_to_end()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.TwoCalls));
        JsonElement[] events = await EventsAsync(server, Responses);
        Assert.Equal(
            [
                "response.created", "response.in_progress",
                "response.output_item.added 0", "response.content_part.added 0", "response.output_text.delta 0", "response.output_text.delta 0", "response.output_text.done 0",
                "response.content_part.done 0", "response.output_item.done 0",
                "response.output_item.added 1", "response.function_call_arguments.delta 1", "response.function_call_arguments.done 1", "response.output_item.done 1",
                "response.output_item.added 2", "response.function_call_arguments.delta 2", "response.function_call_arguments.done 2", "response.output_item.done 2",
                "response.completed",
            ],
            events.Select(e => Text(e, "type") + (e.TryGetProperty("output_index", out JsonElement index) ? $" {index}" : "")));
        Assert.Equal(Enumerable.Range(0, events.Length), events.Select(e => e.GetProperty("sequence_number").GetInt32()));
        Assert.Equal("""{"city":"Oslo","days":2}""", Text(events[10], "delta"));
        Assert.Equal(Text(events[9].GetProperty("item"), "id"), Text(events[10], "item_id"));
        Assert.Equal("", Text(events[9].GetProperty("item"), "arguments"));
        Assert.Equal(events[12].GetProperty("item").GetRawText(), events[^1].GetProperty("response").GetProperty("output")[1].GetRawText());
    }

    [Fact]
    public async Task A_response_without_text_has_no_message()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.OneCall));
        JsonElement answer = await server.AskAsync(Responses, Asks[Responses] + "}");
        Assert.Equal("function_call", Text(Assert.Single(answer.GetProperty("output").EnumerateArray()), "type"));
        JsonElement[] events = await EventsAsync(server, Responses);
        Assert.Equal("function_call", Text(Assert.Single(events[^1].GetProperty("response").GetProperty("output").EnumerateArray()), "type"));
    }

    /// <summary>What was one answer is one message again, whatever stands between its items.</summary>
    [Fact]
    public async Task Items_of_a_conversation_become_turns()
    {
        ScriptedBackend backend = ToolScript.Saying("a");
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.AskAsync(Responses, """
            {"input": [{"role": "user", "content": "a"}, {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Well."}]}, {"type": "reasoning", "summary": []},
              {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "weather", "arguments": "{\n  \"city\": \"Oslo\"\n}", "status": "completed"},
              {"type": "function_call", "call_id": "c2", "name": "now", "arguments": ""},
              {"type": "function_call_output", "call_id": "c1", "output": "\"sunny\""}, {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "noon"}]}]}
            """);
        Assert.Equal(
            """<user>a<assistant>Well.<tool_call>weather {"city": "Oslo"}</tool_call><tool_call>now {}</tool_call><tool>sunny<tool>noon<assistant>""",
            ToolScript.Prompt(Assert.Single(backend.Requests)));
    }

    [Fact]
    public async Task An_Anthropic_message_has_the_calls_as_blocks_after_the_text()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.TwoCalls));
        JsonElement answer = await server.AskAsync(Messages, Asks[Messages] + "}");
        Assert.Equal("tool_use", Text(answer, "stop_reason"));
        JsonElement[] blocks = [.. answer.GetProperty("content").EnumerateArray()];
        Assert.Equal("""{"type":"text","text":"Let me see."}""", blocks[0].GetRawText());
        Assert.Equal(
            [("tool_use", "weather", """{"city":"Oslo","days":2}"""), ("tool_use", "now", "{}")],
            blocks[1..].Select(block => (Text(block, "type"), Text(block, "name"), block.GetProperty("input").GetRawText())));
    }

    /// <summary>A client loses arguments that come whole with the beginning of a block.</summary>
    [Fact]
    public async Task A_stream_of_Anthropics_has_the_arguments_as_deltas()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.TwoCalls));
        JsonElement[] events = await EventsAsync(server, Messages);
        Assert.Equal(
            [
                "message_start", "content_block_start 0", "content_block_delta 0", "content_block_delta 0", "content_block_stop 0",
                "content_block_start 1", "content_block_delta 1", "content_block_stop 1", "content_block_start 2", "content_block_delta 2", "content_block_stop 2", "message_delta", "message_stop",
            ],
            events.Select(e => Text(e, "type") + (e.TryGetProperty("index", out JsonElement index) ? $" {index}" : "")));
        Assert.Equal("{}", events[5].GetProperty("content_block").GetProperty("input").GetRawText());
        Assert.Equal("""{"type":"input_json_delta","partial_json":"{\"city\":\"Oslo\",\"days\":2}"}""", events[6].GetProperty("delta").GetRawText());
        Assert.Equal("tool_use", Text(events[^2].GetProperty("delta"), "stop_reason"));
    }

    [Fact]
    public async Task A_stream_of_Anthropics_that_only_calls_has_no_block_of_text()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.OneCall));
        JsonElement[] events = await EventsAsync(server, Messages);
        Assert.Equal("tool_use", Text(Assert.Single(events, e => Text(e, "type") == "content_block_start").GetProperty("content_block"), "type"));
    }

    [Fact]
    public async Task An_Anthropic_error_result_reaches_the_model()
    {
        ScriptedBackend backend = ToolScript.Saying("a");
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.AskAsync(Messages, """
            {"max_tokens": 9, "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "now", "input": {}}, {"type": "tool_use", "id": "c2", "name": "now", "input": {}}]},
              {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "no clock", "is_error": true}, {"type": "tool_result", "tool_use_id": "c2", "is_error": true}]}]}
            """);
        Assert.EndsWith("<tool>Error: no clock<tool>Error<assistant>", ToolScript.Prompt(Assert.Single(backend.Requests)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_count_among_the_tokens_of_a_prompt()
    {
        using GgufFile file = GgufFile.Open(DefaultModel.Find());
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Trained);
        var backend = new ScriptedBackend { ChatTemplate = ToolScript.Template, Tokenizer = tokenizer };
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.AskAsync(Messages, Asks[Messages] + "}");
        JsonElement count = await server.AskAsync(Messages + "/count_tokens", Asks[Messages].Replace("\"max_tokens\": 99, ", "", StringComparison.Ordinal) + "}");
        Assert.Equal(Assert.Single(backend.Requests).Prompt.ToTokens(tokenizer).Count, count.GetProperty("input_tokens").GetInt32());
        JsonElement without = await server.AskAsync(Messages + "/count_tokens", """{"messages": [{"role": "user", "content": "a"}]}""");
        Assert.True(count.GetProperty("input_tokens").GetInt32() > without.GetProperty("input_tokens").GetInt32() + 50);
    }

    [Theory]
    [InlineData(ToolScript.Template, """["completion","tools"]""")]
    [InlineData("{# </think> #}" + ToolScript.Template, """["completion","tools","thinking"]""")]
    [InlineData("{{ messages[0].content }}", """["completion"]""")]
    public async Task Ollama_clients_see_whether_a_model_knows_tools(string template, string capabilities)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = template });
        Assert.Equal(capabilities, (await server.AskAsync("/api/show", """{"model": "default"}""")).GetProperty("capabilities").GetRawText());
    }

    /// <summary>OllamaSharp wraps what a function returned.</summary>
    [Theory]
    [InlineData("sunny", "sunny")]
    [InlineData("\\\"sunny\\\"", "sunny")]
    [InlineData("{\\\"CallId\\\":\\\"c1\\\",\\\"Result\\\":\\\"sunny\\\"}", "sunny")]
    [InlineData("{\\\"CallId\\\":\\\"c1\\\",\\\"Result\\\":{\\\"a\\\":1}}", "{\"a\":1}")]
    [InlineData("{\\\"CallId\\\":\\\"c1\\\"}", "{\"CallId\":\"c1\"}")]
    public async Task Results_of_Ollamas_clients_are_what_the_tool_said(string content, string said)
    {
        ScriptedBackend backend = ToolScript.Saying("a");
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.AskAsync(OllamaChat, $$"""{"messages": [{"role": "tool", "content": "{{content}}", "tool_name": "now"}], "stream": false}""");
        Assert.Equal($"<tool>{said}<assistant>", ToolScript.Prompt(Assert.Single(backend.Requests)));
    }

    [Fact]
    public async Task An_answer_of_Ollamas_has_the_arguments_as_objects()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.TwoCalls));
        JsonElement answer = await server.AskAsync(OllamaChat, Asks[OllamaChat] + """, "stream": false}""");
        Assert.Equal("stop", Text(answer, "done_reason"));
        Assert.Equal("Let me see.", Text(answer.GetProperty("message"), "content"));
        Assert.Equal(
            ["""{"name":"weather","arguments":{"city":"Oslo","days":2},"index":0}""", """{"name":"now","arguments":{},"index":1}"""],
            answer.GetProperty("message").GetProperty("tool_calls").EnumerateArray().Select(call => call.GetProperty("function").GetRawText()));
    }

    [Fact]
    public async Task A_stream_of_Ollamas_has_each_call_whole_in_a_line()
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying(ToolScript.TwoCalls));
        using HttpResponseMessage response = await server.PostAsync(Asks[OllamaChat] + "}", path: OllamaChat);
        JsonElement[] lines = [.. (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
        Assert.Equal(
            ["Let me", " see.", "weather", "now", "done"],
            lines.Select(line => line.GetProperty("done").GetBoolean() ? "done"
                : line.GetProperty("message").TryGetProperty("tool_calls", out JsonElement calls) ? Text(Assert.Single(calls.EnumerateArray()).GetProperty("function"), "name")
                : Text(line.GetProperty("message"), "content")));
    }

    [Theory]
    [InlineData(Responses, """ "tool_choice": "required" """, true)]
    [InlineData(Responses, """ "tool_choice": {"type": "function", "name": "now"} """, true)]
    [InlineData(Responses, """ "tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "now"}]} """, true)]
    [InlineData(Responses, """ "parallel_tool_calls": false """, true)]
    [InlineData(Responses, """ "tool_choice": "auto" """, false)]
    [InlineData(Responses, """ "tool_choice": "none" """, false)]
    [InlineData(Messages, """ "tool_choice": {"type": "any"} """, true)]
    [InlineData(Messages, """ "tool_choice": {"type": "tool", "name": "now"} """, true)]
    [InlineData(Messages, """ "tool_choice": {"type": "auto", "disable_parallel_tool_use": true} """, true)]
    [InlineData(Messages, """ "tool_choice": {"type": "auto"} """, false)]
    [InlineData(Messages, """ "tool_choice": {"type": "none"} """, false)]
    [InlineData(OllamaChat, """ "keep_alive": 1 """, false)]
    public async Task A_call_that_must_be_made_is_a_constraint(string path, string field, bool constrains)
    {
        ScriptedBackend backend = ToolScript.Saying("a");
        await using TestServer server = await TestServer.StartAsync(backend);
        using HttpResponseMessage response = await server.PostAsync($"{Asks[path]}, {field}}}", path: path);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal(constrains, request.Constraint is ShapeConstraint);
        Assert.Equal(!field.Contains("none", StringComparison.Ordinal), ToolScript.Prompt(request).Contains("[now", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Responses, """{"input": "a", "tools": [{"type": "web_search_preview"}]}""", "expected 'function', because the server runs no tools itself, found 'web_search_preview'")]
    [InlineData(Responses, """{"input": "a", "tools": [{"type": "function"}]}""", "'tools[0].name': expected a name, found none")]
    [InlineData(Responses, """{"input": "a", "tool_choice": "required"}""", "expected tools to choose from, found none")]
    [InlineData(Responses, """{"input": [{"type": "function_call", "call_id": "c"}]}""", "'input[0].name': expected a string, found none")]
    [InlineData(Responses, """{"input": [{"type": "function_call_output", "output": "a"}]}""", "'input[0].call_id': expected a string, found none")]
    [InlineData(Responses, """{"input": [{"type": "web_search_call"}]}""", "'input[0].type': expected 'message', 'function_call'")]
    [InlineData(Messages, """{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "tools": [{"type": "web_search_20250305", "name": "w"}]}""", "expected 'custom', because the server runs no tools itself")]
    [InlineData(Messages, """{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "tools": [{"name": "n", "input_schema": [1]}]}""", "'tools[0].input_schema': expected a JSON schema")]
    [InlineData(Messages, """{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "tool_choice": {"type": "any"}}""", "expected tools to choose from, found none")]
    [InlineData(Messages, """{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "tools": [{"name": "n"}], "tool_choice": {"type": "tool"}}""", "'tool_choice.name': expected the name of a tool, found none")]
    [InlineData(Messages, """{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "tools": [{"name": "n"}], "tool_choice": {"type": "tool", "name": "m"}}""", "expected the tool 'm' among the tools, found 'n'")]
    [InlineData(Messages, """{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "tool_choice": {"type": "maybe"}}""", "'tool_choice.type': expected 'auto', 'any', 'tool' or 'none', found 'maybe'")]
    [InlineData(OllamaChat, """{"messages": [{"role": "user", "content": "a"}], "tools": [{}]}""", "'tools[0].function': expected an object, found none")]
    public async Task Invalid_tools_are_answered_400_with_a_message(string path, string body, string message)
    {
        await using TestServer server = await TestServer.StartAsync(ToolScript.Saying("a"));
        using HttpResponseMessage response = await server.PostAsync(body, path: path);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, answer);
        Assert.Contains(message, answer, StringComparison.Ordinal);
    }

    private static async Task<JsonElement[]> EventsAsync(TestServer server, string path)
    {
        using HttpResponseMessage response = await server.PostAsync(Asks[path] + """, "stream": true}""", path: path);
        string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Where((_, i) => i % 2 == 0).Select(line => line["event: ".Length..]), lines.Where((_, i) => i % 2 == 1).Select(line => Text(JsonElement.Parse(line["data: ".Length..]), "type")));
        return [.. lines.Where((_, i) => i % 2 == 1).Select(line => JsonElement.Parse(line["data: ".Length..]))];
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
