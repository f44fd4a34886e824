using System.Net;
using System.Text.Json;

namespace Engine.Host.Tests.Api;

/// <summary>Chats and generations of Ollama's clients.</summary>
public sealed class OllamaTests
{
    private const string Chat = "/api/chat";
    private const string Generate = "/api/generate";
    private const string Template =
        "{% for m in messages %}<{{ m.role }}{{ ' ' + m.name if m.name }}>{{ m.content or '' }}{{ ' (' + m.reasoning_content + ')' if m.reasoning_content }}{% for c in m.tool_calls or [] %}[{{ c.type }} {{ c.function.name }} {{ c.function.arguments | tojson }}]{% endfor %}{% endfor %}<assistant>";

    [Fact]
    public async Task A_chat_in_one_piece_has_the_shape_of_Ollamas_and_its_prompt_is_the_templates()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement answer = await server.AskAsync(Chat, """
            {"model": "default:latest", "stream": false, "keep_alive": "5m", "format": "", "think": false, "tools": [], "CustomHeaders": {}, "template": null,
             "options": {"num_predict": 3, "num_ctx": 4096, "num_gpu": -1, "num_thread": 2, "num_keep": 4, "numa": false},
             "messages": [{"role": "system", "content": "be short"}, {"role": "user", "content": "a", "images": [], "thinking": "", "tool_calls": []},
              {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [{"id": null, "index": null, "function": {"name": "add", "description": null, "arguments": {"a": 1}}}]},
              {"role": "tool", "content": "\"2\"", "tool_name": "add"}, {"role": "user", "content": "so?", "images": null}]}
            """);
        Assert.Equal("default", answer.GetProperty("model").GetString());
        Assert.EndsWith("Z", answer.GetProperty("created_at").GetString(), StringComparison.Ordinal);
        Assert.True(answer.GetProperty("created_at").GetDateTimeOffset().Year >= 2025);
        Assert.Equal("""{"role":"assistant","content":" one two three"}""", answer.GetProperty("message").GetRawText());
        Assert.True(answer.GetProperty("done").GetBoolean());
        Assert.Equal("length", answer.GetProperty("done_reason").GetString());
        Assert.Equal(3, answer.GetProperty("prompt_eval_count").GetInt32());
        Assert.Equal(3, answer.GetProperty("eval_count").GetInt32());
        Assert.Equal(10_000_000, answer.GetProperty("prompt_eval_duration").GetInt64());
        Assert.Equal(20_000_000, answer.GetProperty("eval_duration").GetInt64());
        Assert.InRange(answer.GetProperty("load_duration").GetInt64(), 1, answer.GetProperty("total_duration").GetInt64());
        Assert.Equal(
            """<system>be short<user>a<assistant> (hm)[function add {"a": 1}]<tool add>2<user>so?<assistant>""",
            string.Concat(Assert.Single(backend.Requests).Prompt.Parts!.Select(part => part.Text)));
    }

    [Fact]
    public async Task A_chat_is_streamed_in_lines_by_default()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, End = FinishReason.EndOfGeneration });
        JsonElement[] lines = await StreamAsync(server, Chat, """{"options": {"num_predict": 2}, "messages": [{"role": "user", "content": "a"}]}""");
        Assert.Equal([" one", " two", ""], lines.Select(line => line.GetProperty("message").GetProperty("content").GetString()));
        Assert.Equal([false, false, true], lines.Select(line => line.GetProperty("done").GetBoolean()));
        Assert.All(lines, line => Assert.Equal("default", line.GetProperty("model").GetString()));
        Assert.Equal(["created_at", "done", "message", "model"], lines[0].EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("stop", lines[2].GetProperty("done_reason").GetString());
        Assert.Equal(2, lines[2].GetProperty("eval_count").GetInt32());
        Assert.Equal(10_000_000, lines[2].GetProperty("eval_duration").GetInt64());
    }

    [Fact]
    public async Task A_generation_puts_its_prompt_and_system_text_through_the_template()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement[] lines = await StreamAsync(server, Generate, """{"prompt": "a", "system": "be short", "suffix": "", "template": "", "images": [], "context": [], "options": {"num_predict": 2}}""");
        Assert.Equal([" one", " two", ""], lines.Select(line => line.GetProperty("response").GetString()));
        Assert.Equal("length", lines[2].GetProperty("done_reason").GetString());
        Assert.Equal("<system>be short<user>a<assistant>", string.Concat(Assert.Single(backend.Requests).Prompt.Parts!.Select(part => part.Text)));
    }

    [Fact]
    public async Task A_raw_prompt_is_taken_as_it_is_with_its_special_tokens()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement answer = await server.AskAsync(Generate, """{"prompt": "<s>a", "raw": true, "stream": false}""");
        Assert.Equal(" one", answer.GetProperty("response").GetString());
        Assert.Equal([new PromptPart("<s>a", IsMarkup: true)], Assert.Single(backend.Requests).Prompt.Parts!);
    }

    [Fact]
    public async Task A_model_without_a_template_continues_the_prompt_but_takes_no_system_text_and_no_chat()
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.AskAsync(Generate, """{"prompt": "a", "stream": false}""");
        Assert.Equal("a", Assert.Single(backend.Requests).Prompt.Text);
        foreach ((string path, string body) in new[] { (Generate, """{"prompt": "a", "system": "b"}"""), (Chat, """{"messages": [{"role": "user", "content": "a"}]}""") })
        {
            using HttpResponseMessage response = await server.PostAsync(body, path: path);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains("expected a chat template", Error(await response.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_option_reaches_the_model()
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.AskAsync(Generate, """
            {"prompt": "a", "stream": false, "options": {"num_predict": 2, "temperature": 0.5, "top_k": 7, "top_p": 0.75, "min_p": 0.25, "seed": 5, "stop": ["x", "y"],
             "repeat_penalty": 1.5, "repeat_last_n": -1, "presence_penalty": 1, "frequency_penalty": -1, "mirostat": 2, "mirostat_tau": 3, "mirostat_eta": 0.5,
             "typical_p": 1.0, "tfs_z": 1, "penalize_newline": true, "something_new": 1}}
            """);
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal(2, request.MaxTokens);
        Assert.Equal(["x", "y"], request.Stop);
        Assert.Equal(SamplingOptions.Default with
        {
            Temperature = 0.5f,
            TopK = 7,
            TopP = 0.75f,
            MinP = 0.25f,
            Seed = 5,
            RepetitionPenalty = 1.5f,
            PenaltyWindow = -1,
            PresencePenalty = 1,
            FrequencyPenalty = -1,
            Mirostat = 2,
            MirostatTau = 3,
            MirostatEta = 0.5f,
        }, request.Sampling);
    }

    [Theory]
    [InlineData("""{"prompt": "a", "stream": false}""")]
    [InlineData("""{"prompt": "a", "stream": false, "options": null}""")]
    [InlineData("""{"prompt": "a", "stream": false, "options": {"num_predict": -1, "seed": -1, "stop": [], "temperature": null}}""")]
    [InlineData("""{"prompt": "a", "stream": false, "options": {"num_predict": -2}}""")]
    public async Task Missing_fields_have_Ollamas_defaults(string body)
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.AskAsync(Generate, body);
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Null(request.MaxTokens);
        Assert.Empty(request.Stop);
        Assert.Equal(SamplingOptions.Default with { TopP = 0.9f, MinP = 0, RepetitionPenalty = 1.1f }, request.Sampling);
    }

    [Fact]
    public async Task A_raw_prompt_is_continued_as_by_OpenAIs_completions_streamed_and_not()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories");
        JsonElement completion = await server.CompleteAsync("""{"prompt": "Once upon a time", "max_tokens": 12, "temperature": 0}""");
        const string Body = """
            "prompt": "Once upon a time", "raw": true, "options": {"num_predict": 12, "temperature": 0, "repeat_penalty": 1}
            """;
        JsonElement whole = await server.AskAsync(Generate, $$"""{{{Body}}, "stream": false}""");
        JsonElement[] lines = await StreamAsync(server, Generate, $$"""{{{Body}}}""");
        string text = completion.GetProperty("choices")[0].GetProperty("text").GetString()!;
        Assert.NotEqual("", text);
        Assert.Equal(text, whole.GetProperty("response").GetString());
        Assert.Equal(text, string.Concat(lines.Select(line => line.GetProperty("response").GetString())));
        Assert.Equal(completion.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), whole.GetProperty("prompt_eval_count").GetInt32());
        Assert.Equal(12, whole.GetProperty("eval_count").GetInt32());
        Assert.InRange(whole.GetProperty("eval_duration").GetInt64(), 1000, whole.GetProperty("total_duration").GetInt64());
    }

    [Theory]
    [InlineData(Chat, """{"model": "default"}""", "message", """{"role":"assistant","content":""}""")]
    [InlineData(Chat, """{"messages": [], "keep_alive": -1}""", "message", """{"role":"assistant","content":""}""")]
    [InlineData(Generate, """{"model": "default"}""", "response", "\"\"")]
    [InlineData(Generate, """{"prompt": "", "keep_alive": "10m"}""", "response", "\"\"")]
    public async Task Without_a_prompt_the_model_is_only_loaded(string path, string body, string member, string empty)
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement answer = await server.AskAsync(path, body);
        Assert.Equal("load", answer.GetProperty("done_reason").GetString());
        Assert.True(answer.GetProperty("done").GetBoolean());
        Assert.Equal(empty, answer.GetProperty(member).GetRawText());
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task A_client_that_waits_for_its_first_token_has_the_headers_and_a_line_without_text()
    {
        var gate = new TaskCompletionSource();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Prefill = gate.Task });
        using HttpResponseMessage response = await server.PostAsync("""{"messages": [{"role": "user", "content": "a"}]}""", HttpCompletionOption.ResponseHeadersRead, path: Chat);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.ToString());
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        JsonElement line = JsonElement.Parse((await reader.ReadLineAsync())!);
        Assert.False(line.GetProperty("done").GetBoolean());
        Assert.Equal("""{"role":"assistant","content":""}""", line.GetProperty("message").GetRawText());
        gate.SetResult();
        JsonElement[] rest = [.. (await reader.ReadToEndAsync()).TrimEnd('\n').Split('\n').Select(one => JsonElement.Parse(one))];
        Assert.Equal([" one", ""], rest.Select(one => one.GetProperty("message").GetProperty("content").GetString()));
        Assert.True(rest[^1].GetProperty("done").GetBoolean());
    }

    [Fact]
    public async Task An_error_in_a_stream_is_its_last_line_and_then_the_connection_breaks()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Failure = new NonFiniteLogitsException("NaN in layer 3") });
        using HttpResponseMessage response = await server.PostAsync("""{"messages": [{"role": "user", "content": "a"}]}""", HttpCompletionOption.ResponseHeadersRead, path: Chat);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Contains(" one", await reader.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("""{"error":"NaN in layer 3"}""", await reader.ReadLineAsync());
        Assert.Equal(HttpRequestError.ResponseEnded, (await Assert.ThrowsAsync<HttpIOException>(reader.ReadLineAsync)).HttpRequestError);
    }

    [Theory]
    [InlineData(400, null)]
    [InlineData(429, "6")]
    [InlineData(500, null)]
    [InlineData(503, "1")]
    public async Task A_model_error_has_a_message_and_keeps_its_status(int status, string? retryAfter)
    {
        Exception failure = status switch
        {
            400 => new ContextLengthExceededException(5, 3),
            429 => new QueueFullException("script", 7, TimeSpan.FromSeconds(5.2)),
            503 => new NativeFailureException("llama.cpp failed"),
            _ => new NonFiniteLogitsException("NaN in layer 3"),
        };
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { Refusal = failure });
        using HttpResponseMessage response = await server.PostAsync("""{"prompt": "a"}""", path: Generate);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(retryAfter, response.Headers.RetryAfter?.ToString());
        Assert.Equal(failure.Message, Error(await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData(Chat, """{"model": "nope", "messages": [{"role": "user", "content": "a"}]}""", "There is no model 'nope'. There are default.")]
    [InlineData(Chat, """{"model": "nope:latest"}""", "There is no model 'nope'. There are default.")]
    [InlineData("/api/show", """{"model": "nope"}""", "There is no model 'nope'.")]
    [InlineData(Chat, """{"messages": [{"role": "robot", "content": "a"}]}""", "'messages[0].role': expected system, user, assistant or tool, found 'robot'.")]
    [InlineData(Chat, """{"messages": [null]}""", "'messages[0]': expected an object, found null.")]
    [InlineData(Chat, """{"messages": [{"role": "user", "content": ["a"]}]}""", "'messages[0].content': expected a string")]
    [InlineData(Chat, """{"messages": [{"role": "user", "content": "a", "images": ["aGk="]}]}""", "'messages[0].images': an answer to pictures cannot be asked for")]
    [InlineData(Chat, """{"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}]}""", "'messages[0].tool_calls[0].function.arguments': expected an object, found a string.")]
    [InlineData(Chat, """{"messages": [{"role": "assistant", "tool_calls": [{"function": null}]}]}""", "'messages[0].tool_calls[0].function.name': expected a string, found none.")]
    [InlineData(Chat, """{"messages": [{"role": "assistant", "tool_calls": [null]}]}""", "'messages[0].tool_calls[0]': expected an object, found null.")]
    [InlineData(Chat, """{"messages": [{"role": "user", "content": "a"}], "think": true}""", "'think': expected a model that thinks before it answers")]
    [InlineData(Generate, """{"prompt": "a", "think": "high"}""", "'think': expected a model that thinks before it answers")]
    [InlineData(Chat, """{"messages": [{"role": "user", "content": "a"}], "think": "deep"}""", "'think': expected true, false, 'low', 'medium' or 'high', found \"deep\".")]
    [InlineData(Chat, """{"messages": [{"role": "user", "content": "a"}], "think": "\ud800"}""", "half a surrogate pair")]
    [InlineData(Chat, """{"messages": [{"role": "user", "content": "a"}], "strem": false}""", "Did you mean 'stream'?")]
    [InlineData(Generate, """{"prompt": "a", "suffix": "b"}""", "'suffix'")]
    [InlineData(Generate, """{"prompt": "a", "template": "{{ .Prompt }}"}""", "'template': a template of Ollama's")]
    [InlineData(Generate, """{"prompt": "a", "context": [1, 2]}""", "'context'")]
    [InlineData(Generate, """{"prompt": "a", "raw": true, "system": "b"}""", "'system': a system text beside 'raw'")]
    [InlineData(Generate, """{"prompt": 1}""", "'prompt': expected a string, found 1.")]
    [InlineData(Generate, """{"prompt": "\ud800"}""", "half a surrogate pair")]
    [InlineData(Generate, """{"prompt": "a", "options": {"num_predict": -3}}""", "'num_predict': expected a whole number from -2")]
    [InlineData(Generate, """{"prompt": "a", "options": {"temperature": "hot"}}""", "'options.temperature': expected a number, found \"hot\".")]
    [InlineData(Generate, """{"prompt": "a", "options": {"temprature": 1}}""", "Did you mean 'temperature'?")]
    [InlineData(Generate, """{"prompt": "a", "options": {"typical_p": 0.5}}""", "'typical_p'")]
    [InlineData(Generate, """{"prompt": "a", "options": []}""", "'options': expected an object")]
    [InlineData(Generate, "{", "expected JSON")]
    [InlineData("/api/embed", """{"input": 1}""", "'input': expected a string or an array of strings, found 1.")]
    [InlineData("/api/embed", """{"input": "a", "truncate": false, "dimensions": -1}""", "'dimensions': expected a whole number from 1 to 1, found -1.")]
    [InlineData("/api/embed", """{"input": "a", "dimension": 1}""", "Did you mean 'dimensions'?")]
    [InlineData("/api/embed", """{"input": "a"}""", "A script")]
    public async Task An_invalid_request_is_answered_400_with_a_message(string path, string body, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        using HttpResponseMessage response = await server.PostAsync(body, path: path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(message, Error(await response.Content.ReadAsStringAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thoughts_come_beside_the_answer()
    {
        const string Question = """
            "options": {"num_predict": 5}, "messages": [{"role": "user", "content": "a"}]
            """;
        var backend = new ScriptedBackend { ChatTemplate = "{{ enable_thinking }}{{ reasoning_effort }}{# </think> #}" + Template, Words = ["<thi", "nk>\nfar", "?</", "think>\n\nY", "es."] };
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement answer = await server.AskAsync(Chat, $$"""{"stream": false, "think": false, {{Question}}}""");
        Assert.Equal("""{"role":"assistant","content":"Yes.","thinking":"far?"}""", answer.GetProperty("message").GetRawText());
        JsonElement[] lines = await StreamAsync(server, Chat, $$"""{"think": "high", {{Question}}}""");
        Assert.Equal(
            [
                """{"role":"assistant","content":"","thinking":"far"}""", """{"role":"assistant","content":"","thinking":"?"}""",
                """{"role":"assistant","content":"Y"}""", """{"role":"assistant","content":"es."}""", """{"role":"assistant","content":""}""",
            ],
            lines.Select(line => line.GetProperty("message").GetRawText()));
        JsonElement generated = await server.AskAsync(Generate, """{"stream": false, "prompt": "a", "options": {"num_predict": 5}}""");
        Assert.Equal("Yes.", generated.GetProperty("response").GetString());
        Assert.Equal("far?", generated.GetProperty("thinking").GetString());
        Assert.Equal(
            ["False<user>a<assistant>", "Truehigh<user>a<assistant>", "<user>a<assistant>"],
            backend.Requests.Select(request => string.Concat(request.Prompt.Parts!.Select(part => part.Text))));
        JsonElement raw = await server.AskAsync(Generate, """{"stream": false, "raw": true, "prompt": "a", "options": {"num_predict": 5}}""");
        Assert.Equal("<think>\nfar?</think>\n\nYes.", raw.GetProperty("response").GetString());
    }

    private static string Error(string body) => JsonElement.Parse(body).GetProperty("error").GetString()!;

    private static async Task<JsonElement[]> StreamAsync(TestServer server, string path, string body)
    {
        using HttpResponseMessage response = await server.PostAsync(body, path: path);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.ToString());
        string text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return [.. text[..^1].Split('\n').Select(line => JsonElement.Parse(line))];
    }
}
