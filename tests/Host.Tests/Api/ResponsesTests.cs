using System.Net;
using System.Text.Json;

namespace Engine.Host.Tests.Api;

public sealed class ResponsesTests
{
    private const string Path = "/v1/responses";
    private const string Template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>";

    [Fact]
    public async Task A_response_has_the_shape_of_OpenAIs()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement answer = await AskAsync(server, """
            {"model": "default", "input": "a", "instructions": "be short", "max_output_tokens": 3, "temperature": 0.5, "top_p": 0.75, "user": "u", "metadata": {"k": "v"}}
            """);
        Assert.StartsWith("resp_", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("response", answer.GetProperty("object").GetString());
        Assert.True(answer.GetProperty("created_at").GetInt64() > 1_700_000_000);
        Assert.Equal("incomplete", answer.GetProperty("status").GetString());
        Assert.Equal("""{"reason":"max_output_tokens"}""", answer.GetProperty("incomplete_details").GetRawText());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("error").ValueKind);
        Assert.Equal(("default", "be short", 3, 0.5f, 0.75f, "u"), (
            answer.GetProperty("model").GetString(), answer.GetProperty("instructions").GetString(), answer.GetProperty("max_output_tokens").GetInt32(),
            answer.GetProperty("temperature").GetSingle(), answer.GetProperty("top_p").GetSingle(), answer.GetProperty("user").GetString()));
        Assert.Equal("""{"k":"v"}""", answer.GetProperty("metadata").GetRawText());
        JsonElement message = Assert.Single(answer.GetProperty("output").EnumerateArray());
        Assert.StartsWith("msg_", message.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal(("message", "assistant", "incomplete"), (message.GetProperty("type").GetString(), message.GetProperty("role").GetString(), message.GetProperty("status").GetString()));
        Assert.Equal("""[{"type":"output_text","text":" one two three","logprobs":[],"annotations":[]}]""", message.GetProperty("content").GetRawText());
        Assert.Equal(
            """{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":6}""",
            answer.GetProperty("usage").GetRawText());
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal("<system>be short<user>a<assistant>", string.Concat(request.Prompt.Parts!.Select(part => part.Text)));
        Assert.Equal((3, 0.5f, 0.75f), (request.MaxTokens, request.Sampling.Temperature, request.Sampling.TopP));
    }

    [Fact]
    public async Task Items_of_all_forms_become_one_conversation()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        await AskAsync(server, """
            {"input": [{"role": "developer", "content": "s"}, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]},
             {"type": "message", "id": "msg_x", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "c", "annotations": []}]},
             {"type": "reasoning", "id": "rs_x", "summary": []}, {"role": "user", "content": "d"}]}
            """);
        Assert.Equal("<system>s<user>ab<assistant>c<user>d<assistant>", string.Concat(Assert.Single(backend.Requests).Prompt.Parts!.Select(part => part.Text)));
    }

    [Fact]
    public async Task A_streamed_response_tells_its_beginning_its_message_its_text_and_all_ends_under_names_and_numbers()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        (string Name, JsonElement Data)[] events = await StreamAsync(server, """{"input": "a", "max_output_tokens": 2, "stream": true}""");
        Assert.Equal(
            ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
             "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.incomplete"],
            events.Select(each => each.Name));
        Assert.All(events, each => Assert.Equal(each.Name, each.Data.GetProperty("type").GetString()));
        Assert.Equal(Enumerable.Range(0, events.Length), events.Select(each => each.Data.GetProperty("sequence_number").GetInt32()));
        Assert.Equal("in_progress", events[0].Data.GetProperty("response").GetProperty("status").GetString());
        Assert.Equal([" one", " two"], events[4..6].Select(each => each.Data.GetProperty("delta").GetString()));
        string item = events[2].Data.GetProperty("item").GetProperty("id").GetString()!;
        Assert.All(events[3..8], each => Assert.Equal(item, each.Data.GetProperty("item_id").GetString()));
        Assert.All(events[2..9], each => Assert.Equal(0, each.Data.GetProperty("output_index").GetInt32()));
        Assert.Equal(" one two", events[6].Data.GetProperty("text").GetString());
        Assert.Equal(" one two", events[7].Data.GetProperty("part").GetProperty("text").GetString());
        JsonElement last = events[^1].Data.GetProperty("response");
        Assert.Equal(events[8].Data.GetProperty("item").GetRawText(), last.GetProperty("output")[0].GetRawText());
        Assert.Equal(5, last.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(events[0].Data.GetProperty("response").GetProperty("id").GetString(), last.GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_client_that_waits_for_its_first_token_has_the_beginning_and_a_comment()
    {
        var gate = new TaskCompletionSource();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Prefill = gate.Task });
        using HttpResponseMessage response = await server.PostAsync("""{"input": "a", "stream": true}""", HttpCompletionOption.ResponseHeadersRead, path: Path);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("event: response.created", await reader.ReadLineAsync());
        while (await reader.ReadLineAsync() is not ": waiting")
        {
            // in_progress
        }
        gate.SetResult();
        string rest = await reader.ReadToEndAsync();
        Assert.DoesNotContain("response.created", rest, StringComparison.Ordinal);
        Assert.Contains("event: response.incomplete", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_before_the_first_token_keeps_its_status()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Refusal = new QueueFullException("script", 7, TimeSpan.FromSeconds(2)) });
        using HttpResponseMessage response = await server.PostAsync("""{"input": "a", "stream": true}""", path: Path);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("2", response.Headers.RetryAfter!.ToString());
    }

    [Fact]
    public async Task An_error_in_a_stream_is_sent_as_an_error_and_a_failed_response_and_then_the_connection_breaks()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Failure = new NonFiniteLogitsException("NaN in layer 3") });
        using HttpResponseMessage response = await server.PostAsync("""{"input": "a", "max_output_tokens": 3, "stream": true}""", HttpCompletionOption.ResponseHeadersRead, path: Path);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var lines = new List<string>();
        HttpIOException broken = await Assert.ThrowsAsync<HttpIOException>(async () =>
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lines.Add(line);
            }
        });
        Assert.Equal(HttpRequestError.ResponseEnded, broken.HttpRequestError);
        JsonElement error = Data(lines, "error");
        Assert.Equal("NaN in layer 3", error.GetProperty("message").GetString());
        Assert.Equal("NaN in layer 3", error.GetProperty("error").GetProperty("message").GetString());
        JsonElement failed = Data(lines, "response.failed").GetProperty("response");
        Assert.Equal("failed", failed.GetProperty("status").GetString());
        Assert.Equal("""{"code":"server_error","message":"NaN in layer 3"}""", failed.GetProperty("error").GetRawText());
        Assert.DoesNotContain("event: response.completed", lines);

        static JsonElement Data(List<string> lines, string name) => JsonElement.Parse(lines[lines.IndexOf($"event: {name}") + 1]["data: ".Length..]);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task A_reference_to_a_recent_answer_stands_for_it_unless_it_was_not_to_be_kept(string store)
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        string plain = (await AskAsync(server, $$"""{"input": "a", "max_output_tokens": 2, "store": {{store}}}""")).GetProperty("output")[0].GetProperty("id").GetString()!;
        (string Name, JsonElement Data)[] events = await StreamAsync(server, $$"""{"input": "a", "max_output_tokens": 3, "stream": true, "store": {{store}}}""");
        string streamed = events[^1].Data.GetProperty("response").GetProperty("output")[0].GetProperty("id").GetString()!;
        using HttpResponseMessage response = await server.PostAsync($$"""
            {"input": [{"role": "user", "content": "a"}, {"type": "item_reference", "id": "{{plain}}"}, {"type": "item_reference", "id": "{{streamed}}"}, {"role": "user", "content": "b"}]}
            """, path: Path);
        if (store == "true")
        {
            Assert.True(response.IsSuccessStatusCode);
            Assert.Equal("<user>a<assistant> one two<assistant> one two three<user>b<assistant>", string.Concat(backend.Requests.Last().Prompt.Parts!.Select(part => part.Text)));
        }
        else
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains($"found '{plain}', which is not kept here (any more): send the message itself", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Answers_that_are_kept_for_references_are_bounded()
    {
        var recent = new Engine.Api.OpenAI.Responses.RecentAnswers();
        for (int i = 0; i < 5000; i++)
        {
            recent.Keep($"{i}", new string('a', 100));
        }
        Assert.Null(recent.Find("903"));
        Assert.NotNull(recent.Find("904"));
        recent.Keep("long", new string('a', 16 << 20));
        Assert.Null(recent.Find("4999"));
        Assert.NotNull(recent.Find("long"));
        recent.Keep("too long", new string('a', (16 << 20) + 1));
        Assert.Null(recent.Find("too long"));
        recent.Keep("short", "a");
        Assert.NotNull(recent.Find("short"));
    }

    [Theory]
    [InlineData("""{}""", "input", "expected a text or at least one message, found none")]
    [InlineData("""{"input": []}""", "input", "found none")]
    [InlineData("""{"input": 1}""", "input", "expected a text or an array of items, found 1")]
    [InlineData("""{"input": [1]}""", "input[0]", "expected an object, found 1")]
    [InlineData("""{"input": [null]}""", "input[0]", "expected an object, found null")]
    [InlineData("""{"input": [{"role": "user", "content": 1}]}""", "input[0].content", "expected a string or an array of parts, found 1")]
    [InlineData("""{"input": [{"role": 2}]}""", "input[0].role", "expected a string, found 2")]
    [InlineData("""{"input": [{"role": "user", "content": [{"type": "input_image"}]}]}""", "input[0].content", "expected parts of text alone")]
    [InlineData("""{"input": [{"role": "robot", "content": "a"}]}""", "input[0].role", "found 'robot'")]
    [InlineData("""{"input": [{"type": "web_search_call", "name": "f"}]}""", "input[0].type", "found 'web_search_call'")]
    [InlineData("""{"input": "a", "previous_response_id": "resp_1"}""", "previous_response_id", "cannot be asked for")]
    [InlineData("""{"input": "a", "conversation": "conv_1"}""", "conversation", "cannot be asked for")]
    [InlineData("""{"input": "a", "background": true}""", "background", "cannot be asked for")]
    [InlineData("""{"input": "a", "n": 2}""", "n", "cannot be asked for")]
    [InlineData("""{"input": "a", "max_output_tokens": 0}""", "max_output_tokens", "expected a whole number from 1")]
    [InlineData("""{"input": "a", "max_output_token": 5}""", "max_output_token", "Did you mean 'max_output_tokens'?")]
    public async Task An_invalid_request_is_answered_400_with_the_field(string body, string param, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        using HttpResponseMessage response = await server.PostAsync(body, path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(param, error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Client_fields_that_change_nothing_are_ignored()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        JsonElement answer = await AskAsync(server, """
            {"input": "a", "max_output_tokens": 1, "tools": [], "tool_choice": "auto", "text": {"format": {"type": "text"}, "verbosity": "low"}, "reasoning": {"effort": "low"}, "include": ["x"],
             "truncation": "auto", "parallel_tool_calls": true, "store": true, "previous_response_id": null, "conversation": null, "background": false, "service_tier": "auto",
             "prompt_cache_key": "k", "safety_identifier": "s", "max_tool_calls": 3, "something_new": 1}
            """);
        Assert.Equal(" one", answer.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
    }

    private static async Task<JsonElement> AskAsync(TestServer server, string body)
    {
        using HttpResponseMessage response = await server.PostAsync(body, path: Path);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    private static async Task<(string Name, JsonElement Data)[]> StreamAsync(TestServer server, string body)
    {
        using HttpResponseMessage response = await server.PostAsync(body, path: Path);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        string text = await response.Content.ReadAsStringAsync();
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('\n')).Select(lines =>
        {
            Assert.Equal(2, lines.Length);
            return (lines[0]["event: ".Length..], JsonElement.Parse(lines[1]["data: ".Length..]));
        })];
    }
}
