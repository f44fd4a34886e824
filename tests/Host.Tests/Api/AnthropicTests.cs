using System.Net;
using System.Text.Json;
using Engine.BuiltIn;
using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Host.Tests.Api;

public sealed class AnthropicTests
{
    private const string Messages = "/v1/messages";
    private const string Count = "/v1/messages/count_tokens";
    private const string Template =
        "{% for m in messages %}<{{ m.role }}{{ ' ' + m.tool_call_id if m.tool_call_id }}>{{ m.content or '' }}{% for c in m.tool_calls or [] %}[{{ c.id }} {{ c.type }} {{ c.function.name }} {{ c.function.arguments | tojson }}]{% endfor %}{% endfor %}<assistant>";

    [Fact]
    public async Task A_message_has_the_shape_of_Anthropics_and_its_prompt_is_the_templates()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement answer = await server.AskAsync(Messages, """
            {"model": "default", "max_tokens": 3, "temperature": 0.5, "top_p": 0.75, "top_k": 7, "stop_sequences": ["x", "y"], "metadata": {"user_id": "u"},
             "system": [{"type": "text", "text": "be short", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "be kind"}],
             "thinking": {"type": "disabled"}, "tools": [], "tool_choice": {"type": "auto"}, "output_config": {"effort": "low", "format": null}, "service_tier": "auto",
             "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": [{"type": "text", "text": "b", "citations": null}]}, {"role": "user", "content": [{"type": "text", "text": "c"}, {"type": "text", "text": "d"}]}]}
            """);
        Assert.StartsWith("msg_", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("message", answer.GetProperty("type").GetString());
        Assert.Equal("assistant", answer.GetProperty("role").GetString());
        Assert.Equal("default", answer.GetProperty("model").GetString());
        Assert.Equal("""[{"type":"text","text":" one two three"}]""", answer.GetProperty("content").GetRawText());
        Assert.Equal("max_tokens", answer.GetProperty("stop_reason").GetString());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("stop_sequence").ValueKind);
        Assert.Equal("""{"input_tokens":3,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}""", answer.GetProperty("usage").GetRawText());
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal("<system>be short\nbe kind<user>a<assistant>b<user>cd<assistant>", PromptOf(request));
        Assert.Equal(3, request.MaxTokens);
        Assert.Equal(["x", "y"], request.Stop);
        Assert.Equal(SamplingOptions.Default with { Temperature = 0.5f, TopP = 0.75f, TopK = 7, MinP = 0 }, request.Sampling);
    }

    [Fact]
    public async Task The_template_gets_calls_and_results_in_the_form_of_OpenAIs_API()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.AskAsync(Messages, """
            {"max_tokens": 1, "messages": [{"role": "user", "content": "sum?"},
             {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "well"}, {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}}, {"type": "tool_use", "id": "t2", "name": "now", "input": {}}]},
             {"role": "system", "content": "hurry"},
             {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "\"2\""}, {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "text", "text": "no"}, {"type": "text", "text": "on"}]}, {"type": "text", "text": "so?"}]}]}
            """);
        Assert.Equal(
            """<user>sum?<assistant>well[t1 function add {"a": 1}][t2 function now {}]<system>hurry<tool t1>2<tool t2>noon<user>so?<assistant>""",
            PromptOf(Assert.Single(backend.Requests)));
    }

    [Fact]
    public async Task A_conversation_that_ends_with_the_assistant_is_continued()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.AskAsync(Messages, """{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "It <s> is"}]}""");
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal("<user>a<assistant>It <s> is", PromptOf(request));
        Assert.Equal(new PromptPart("It <s> is", IsMarkup: false), request.Prompt.Parts![^1]);
    }

    [Fact]
    public async Task A_streamed_message_has_Anthropics_events_with_their_names()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        (string Name, JsonElement Data)[] events = await StreamAsync(server, """{"max_tokens": 9, "stop_sequences": [" three"], "stream": true, "messages": [{"role": "user", "content": "a"}]}""");
        Assert.All(events, one => Assert.Equal(one.Name, one.Data.GetProperty("type").GetString()));
        Assert.Equal(
            ["message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop"], events.Select(one => one.Name));
        JsonElement start = events[0].Data.GetProperty("message");
        Assert.StartsWith("msg_", start.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            """{"type":"message","role":"assistant","model":"default","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}""",
            "{" + start.GetRawText()[(start.GetRawText().IndexOf(',', StringComparison.Ordinal) + 1)..]);
        Assert.Equal("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""", events[1].Data.GetRawText());
        Assert.Equal("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" one"}}""", events[2].Data.GetRawText());
        Assert.Equal(" two", events[3].Data.GetProperty("delta").GetProperty("text").GetString());
        Assert.Equal(
            """{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":" three"},"usage":{"input_tokens":3,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}}""",
            events[5].Data.GetRawText());
    }

    [Theory]
    [InlineData(FinishReason.EndOfGeneration, "end_turn")]
    [InlineData(FinishReason.MaxTokens, "max_tokens")]
    [InlineData(FinishReason.ContextFull, "model_context_window_exceeded")]
    public async Task Each_finish_reason_has_its_word(FinishReason reason, string word)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, End = reason });
        JsonElement answer = await server.AskAsync(Messages, """{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}]}""");
        Assert.Equal(word, answer.GetProperty("stop_reason").GetString());
    }

    [Fact]
    public async Task A_stop_text_that_ends_an_answer_is_named()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        JsonElement answer = await server.AskAsync(Messages, """{"max_tokens": 9, "stop_sequences": ["x", " two"], "messages": [{"role": "user", "content": "a"}]}""");
        Assert.Equal("""[{"type":"text","text":" one"}]""", answer.GetProperty("content").GetRawText());
        Assert.Equal("stop_sequence", answer.GetProperty("stop_reason").GetString());
        Assert.Equal(" two", answer.GetProperty("stop_sequence").GetString());
    }

    [Fact]
    public async Task Thoughts_are_a_separate_block_on_request_and_left_out_otherwise()
    {
        var backend = new ScriptedBackend { ChatTemplate = "{{ enable_thinking }}{# </think> #}" + Template, Words = ["<thi", "nk>\nfar", "?</", "think>\n\nY", "es."] };
        await using TestServer server = await TestServer.StartAsync(backend);
        const string Asked = """
            "max_tokens": 5, "messages": [{"role": "user", "content": "a"}]
            """;
        JsonElement plain = await server.AskAsync(Messages, $$"""{{{Asked}}}""");
        Assert.Equal("""[{"type":"text","text":"Yes."}]""", plain.GetProperty("content").GetRawText());
        const string Thinking = """
            "thinking": {"type": "enabled", "budget_tokens": 1024}
            """;
        JsonElement thought = await server.AskAsync(Messages, $$"""{{{Asked}}, {{Thinking}}}""");
        Assert.Equal("""[{"type":"thinking","thinking":"far?","signature":""},{"type":"text","text":"Yes."}]""", thought.GetProperty("content").GetRawText());
        Assert.Equal(["False<user>a<assistant>", "True<user>a<assistant>"], backend.Requests.Select(PromptOf));
        (string Name, JsonElement Data)[] events = await StreamAsync(server, $$"""{{{Asked}}, {{Thinking}}, "stream": true}""");
        Assert.Equal(
            [
                """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"far"}}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"?"}}""",
                """{"type":"content_block_stop","index":0}""",
                """{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""",
                """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Y"}}""",
                """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"es."}}""",
                """{"type":"content_block_stop","index":1}""",
            ],
            events[1..^2].Select(one => one.Data.GetRawText()));
    }

    [Fact]
    public async Task A_client_that_waits_for_its_first_token_has_the_headers_and_a_ping()
    {
        var gate = new TaskCompletionSource();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Prefill = gate.Task });
        using HttpResponseMessage response = await server.PostAsync(
            """{"max_tokens": 1, "stream": true, "messages": [{"role": "user", "content": "a"}]}""", HttpCompletionOption.ResponseHeadersRead, path: Messages);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("event: ping", await reader.ReadLineAsync());
        Assert.Equal("""data: {"type":"ping"}""", await reader.ReadLineAsync());
        gate.SetResult();
        Assert.EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_in_a_stream_is_its_last_event_and_then_the_connection_breaks()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Failure = new NonFiniteLogitsException("NaN in layer 3") });
        using HttpResponseMessage response = await server.PostAsync(
            """{"max_tokens": 3, "stream": true, "messages": [{"role": "user", "content": "a"}]}""", HttpCompletionOption.ResponseHeadersRead, path: Messages);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var lines = new List<string?>();
        while (lines.Count == 0 || lines[^1] != "event: error")
        {
            lines.Add(await reader.ReadLineAsync());
            Assert.NotNull(lines[^1]);
        }
        Assert.Equal("""data: {"type":"error","error":{"type":"api_error","message":"NaN in layer 3"}}""", await reader.ReadLineAsync());
        Assert.Equal("", await reader.ReadLineAsync());
        Assert.Equal(HttpRequestError.ResponseEnded, (await Assert.ThrowsAsync<HttpIOException>(reader.ReadLineAsync)).HttpRequestError);
        Assert.DoesNotContain("event: message_stop", lines);
    }

    [Theory]
    [InlineData(400, "invalid_request_error", null)]
    [InlineData(429, "rate_limit_error", "6")]
    [InlineData(500, "api_error", null)]
    [InlineData(503, "overloaded_error", "1")]
    [InlineData(504, "timeout_error", null)]
    public async Task An_error_of_the_model_has_Anthropics_shape(int status, string type, string? retryAfter)
    {
        Exception failure = status switch
        {
            400 => new ContextLengthExceededException(5, 3),
            429 => new QueueFullException("script", 7, TimeSpan.FromSeconds(5.2)),
            503 => new NativeFailureException("llama.cpp failed"),
            504 => new DeadlineExceededException("script", TimeSpan.FromSeconds(2.5)),
            _ => new NonFiniteLogitsException("NaN in layer 3"),
        };
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Refusal = failure });
        using HttpResponseMessage response = await server.PostAsync("""{"max_tokens": 3, "stream": true, "messages": [{"role": "user", "content": "a"}]}""", path: Messages);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(retryAfter, response.Headers.RetryAfter?.ToString());
        JsonElement answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("error", answer.GetProperty("type").GetString());
        Assert.Equal(type, answer.GetProperty("error").GetProperty("type").GetString());
        Assert.Equal(failure.Message, answer.GetProperty("error").GetProperty("message").GetString());
    }

    [Theory]
    [InlineData(Messages, """{"max_tokens": 1, "model": "nope", "messages": [{"role": "user", "content": "a"}]}""", 404, "not_found_error")]
    [InlineData("/v1/messages/batches", "{}", 404, "not_found_error")]
    public async Task A_missing_resource_is_answered_in_Anthropics_shape(string path, string body, int status, string type)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        using HttpResponseMessage response = await server.PostAsync(body, path: path);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(type, JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}]}""", "'max_tokens': expected a whole number from 1, found none.")]
    [InlineData("""{"max_tokens": 0, "messages": [{"role": "user", "content": "a"}]}""", "'max_tokens': expected a whole number from 1")]
    [InlineData("""{"max_tokens": 1}""", "'messages': expected at least one message, found none.")]
    [InlineData("""{"max_tokens": 1, "messages": []}""", "'messages': expected at least one message, found none.")]
    [InlineData("""{"max_tokens": 1, "messages": [null]}""", "'messages[0]': expected an object, found null.")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "tool", "content": "a"}]}""", "'messages[0].role': expected user, assistant or system, found 'tool'.")]
    [InlineData("""{"max_tokens": 1, "messages": [{"content": "a"}]}""", "'messages[0].role': expected user, assistant or system, found none.")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": 1}]}""", "'messages[0].content': expected a string or an array of blocks, found 1.")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}""", "expected blocks of type text, tool_use or tool_result, because the model reads no others (block 0 is 'image')")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, 1]}]}""", "(block 1 is of none)")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "text"}]}]}""", "expected a string 'text' in block 0")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "text", "text": "\ud800"}]}]}""", "half a surrogate pair")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "\ud800"}]}]}""", "half a surrogate pair")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "n", "input": []}]}]}""", "expected an object 'input' in block 0")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "n", "input": {"a": "\ud800"}}]}, {"role": "user", "content": "a"}]}""", "surrogate")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "tool_use", "id": "t", "name": "n"}]}]}""", "no blocks of type tool_use in a message of the role user")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image"}]}]}]}""", "block 0 is 'image'")]
    [InlineData("""{"max_tokens": 1, "system": [{"type": "tool_result", "tool_use_id": "t"}], "messages": [{"role": "user", "content": "a"}]}""", "'system': expected blocks of text alone, found one of type 'tool_result'.")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "thinking": {"type": "adaptive"}}""", "'thinking': expected a model that thinks before it answers, found no <think> in the chat template of 'default'.")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "thinking": {"type": "between_tools"}}""", "'thinking': thinking of type 'between_tools' cannot be asked for")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "thinking": {"type": "\ud800"}}""", "half a surrogate pair")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "stop_sequences": [""]}""", "'stop_sequences': expected at most 16 texts, none of them empty.")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "temperature": 3}""", "'temperature': expected a number from 0 to 2, found 3.")]
    [InlineData("""{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}], "temprature": 1}""", "Did you mean 'temperature'?")]
    public async Task An_invalid_request_is_answered_400_with_a_message(string body, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        using HttpResponseMessage response = await server.PostAsync(body, path: Messages);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tokens_of_the_prompt_that_a_message_would_have_are_counted()
    {
        using GgufFile file = GgufFile.Open(DefaultModel.Find());
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Trained);
        var backend = new ScriptedBackend { ChatTemplate = Template, Tokenizer = tokenizer };
        await using TestServer server = await TestServer.StartAsync(backend);
        const string Conversation = """
            "system": "be short", "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "It"}]
            """;
        await server.AskAsync(Messages, $$"""{"max_tokens": 1, {{Conversation}}}""");
        JsonElement answer = await server.AskAsync(Count, $$"""{"model": "default", {{Conversation}}}""");
        Assert.Equal(Assert.Single(backend.Requests).Prompt.ToTokens(tokenizer).Count, answer.GetProperty("input_tokens").GetInt32());
        Assert.InRange(answer.GetProperty("input_tokens").GetInt32(), 10, 100);
    }

    [Fact]
    public async Task The_default_model_answers_and_its_counts_agree_streamed_and_not()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories");
        const string Conversation = """
            "messages": [{"role": "user", "content": "Tell me a story about a dog."}]
            """;
        string body = $$"""{"max_tokens": 12, "temperature": 0, {{Conversation}}}""";
        int count = (await server.AskAsync(Count, $$"""{{{Conversation}}}""")).GetProperty("input_tokens").GetInt32();
        JsonElement whole = await server.AskAsync(Messages, body);
        (string Name, JsonElement Data)[] events = await StreamAsync(server, body[..^1] + """, "stream": true}""");
        string text = whole.GetProperty("content")[0].GetProperty("text").GetString()!;
        Assert.NotEqual("", text);
        Assert.Equal(text, string.Concat(events.Where(one => one.Name == "content_block_delta").Select(one => one.Data.GetProperty("delta").GetProperty("text").GetString())));
        JsonElement[] usages = [whole.GetProperty("usage"), events[0].Data.GetProperty("message").GetProperty("usage"), events[^2].Data.GetProperty("usage")];
        Assert.All(usages, usage => Assert.Equal(count, usage.GetProperty("input_tokens").GetInt32() + usage.GetProperty("cache_read_input_tokens").GetInt32()));
        Assert.Equal(whole.GetProperty("usage").GetProperty("output_tokens").GetInt32(), usages[2].GetProperty("output_tokens").GetInt32());
    }

    [Fact]
    public async Task Counting_the_tokens_of_no_messages_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        JsonElement answer = await server.AskAsync(Count, "{}");
        Assert.Equal("invalid_request_error", answer.GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task The_list_of_models_has_what_Anthropics_clients_read()
    {
        await using TestServer server = await TestServer.StartAsync([new ScriptedBackend(), new ScriptedBackend("other")]);
        JsonElement list = JsonElement.Parse(await server.Client.GetStringAsync("/v1/models"));
        Assert.Equal("default", list.GetProperty("first_id").GetString());
        Assert.Equal("other", list.GetProperty("last_id").GetString());
        Assert.False(list.GetProperty("has_more").GetBoolean());
        JsonElement model = list.GetProperty("data")[1];
        Assert.Equal("other", model.GetProperty("id").GetString());
        Assert.Equal("model", model.GetProperty("type").GetString());
        Assert.Equal("other", model.GetProperty("display_name").GetString());
        Assert.True(model.GetProperty("created_at").GetDateTimeOffset().Year >= 2025);
    }

    private static string PromptOf(GenerateRequest request) => string.Concat(request.Prompt.Parts!.Select(part => part.Text));

    private static async Task<(string Name, JsonElement Data)[]> StreamAsync(TestServer server, string body)
    {
        using HttpResponseMessage response = await server.PostAsync(body, path: Messages);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        string text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(one =>
        {
            string[] lines = one.Split('\n');
            Assert.Equal(2, lines.Length);
            Assert.StartsWith("event: ", lines[0], StringComparison.Ordinal);
            Assert.StartsWith("data: ", lines[1], StringComparison.Ordinal);
            return (lines[0]["event: ".Length..], JsonElement.Parse(lines[1]["data: ".Length..]));
        })];
    }
}
