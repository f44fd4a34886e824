using System.Net;
using System.Text.Json;
using Engine.BuiltIn;
using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Host.Tests.Api;

public sealed class ChatTests
{
    private const string Template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>";

    [Fact]
    public async Task A_chat_has_the_shape_of_OpenAIs_and_its_prompt_is_the_templates()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement answer = await server.ChatAsync("""
            {"messages": [{"role": "developer", "content": "be short"}, {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
             {"role": "assistant", "content": null}, {"role": "user", "content": "c", "name": "n"}], "max_completion_tokens": 3, "max_tokens": 9, "store": true}
            """);
        Assert.StartsWith("chatcmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        JsonElement choice = Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal("""{"role":"assistant","content":" one two three","refusal":null}""", choice.GetProperty("message").GetRawText());
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(6, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal("<system>be short<user>ab<assistant>None<user>c<assistant>", string.Concat(request.Prompt.Parts!.Select(part => part.Text)));
        Assert.Equal(3, request.MaxTokens);
    }

    [Fact]
    public async Task A_streamed_chat_begins_with_the_role_and_ends_with_the_reason_the_counts_and_DONE()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        string[] events = await server.StreamAsync(
            """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 2, "stream": true, "stream_options": {"include_usage": true}}""", "/v1/chat/completions");
        Assert.Equal("[DONE]", events[^1]);
        JsonElement[] chunks = [.. events[..^1].Select(chunk => JsonElement.Parse(chunk))];
        Assert.Equal("""[{"index":0,"delta":{"role":"assistant","content":" one"},"logprobs":null,"finish_reason":null}]""", chunks[0].GetProperty("choices").GetRawText());
        Assert.Equal("""[{"index":0,"delta":{"content":" two"},"logprobs":null,"finish_reason":"length"}]""", chunks[1].GetProperty("choices").GetRawText());
        Assert.Equal("[]", chunks[2].GetProperty("choices").GetRawText());
        Assert.Equal(5, chunks[2].GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.False(chunks[1].TryGetProperty("usage", out _));
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
    }

    [Fact]
    public async Task A_client_that_waits_for_its_first_token_has_the_headers_and_a_comment()
    {
        var gate = new TaskCompletionSource();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Prefill = gate.Task });
        using HttpResponseMessage response = await server.PostAsync(
            """{"messages": [{"role": "user", "content": "a"}], "stream": true}""", HttpCompletionOption.ResponseHeadersRead, path: "/v1/chat/completions");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal(": waiting", await reader.ReadLineAsync());
        gate.SetResult();
        Assert.EndsWith("data: [DONE]\n\n", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_without_a_chat_template_refuses_a_chat_with_what_to_do()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using HttpResponseMessage response = await server.PostAsync("""{"messages": [{"role": "user", "content": "a"}]}""", path: "/v1/chat/completions");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.Contains("Set Engine:Models:default:ChatTemplate to the path of a Jinja file, or to the family", answer, StringComparison.Ordinal);
        Assert.Contains("chatml", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("builtin:llama-stories", "")]
    [InlineData("builtin:gpt2-moods", "chatml")]
    public async Task A_model_chats_by_its_files_template_or_by_the_one_of_the_configuration(string path, string template)
    {
        await using TestServer server = await TestServer.StartAsync([new ReferenceModels.ReferenceBackend()], ("Engine:Models:default:Path", path), ("Engine:Models:default:ChatTemplate", template));
        JsonElement answer = await server.ChatAsync("""{"messages": [{"role": "user", "content": "One rainy day, Peter was in the garden."}], "max_tokens": 8, "temperature": 0}""");
        Assert.NotEmpty(answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!);
        Assert.Equal(template.Length > 0, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() > 30); // markup is written out in bytes
    }

    [Fact]
    public async Task Thoughts_come_as_reasoning_content_whole_and_streamed()
    {
        var backend = new ScriptedBackend { ChatTemplate = "{# </think> #}" + Template, Words = ["<thi", "nk>\nfar", "?</", "think>\n\nY", "es."] };
        await using TestServer server = await TestServer.StartAsync(backend);
        const string Ask = """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 5""";
        JsonElement answer = await server.ChatAsync(Ask + "}");
        Assert.Equal("""{"role":"assistant","content":"Yes.","refusal":null,"reasoning_content":"far?"}""", answer.GetProperty("choices")[0].GetProperty("message").GetRawText());
        string[] events = await server.StreamAsync(Ask + """, "stream": true}""", "/v1/chat/completions");
        Assert.Equal(
            ["""{"role":"assistant"}""", """{"reasoning_content":"far"}""", """{"reasoning_content":"?"}""", """{"content":"Y"}""", """{"content":"es."}"""],
            events[..^1].Select(chunk => JsonElement.Parse(chunk).GetProperty("choices")[0].GetProperty("delta").GetRawText()));
    }

    /// <summary>Some templates open the thoughts themselves; the model's text begins inside.</summary>
    [Theory]
    [InlineData("0")]
    [InlineData("50")]
    public async Task Thoughts_that_the_prompt_opens_are_not_part_of_the_answer_whether_prompts_are_counted_or_not(string most)
    {
        using GgufFile file = GgufFile.Open(DefaultModel.Find());
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Trained);
        var backend = new ScriptedBackend { ChatTemplate = Template + "<think>\n", Words = ["far?", "</think>", "Yes."], Tokenizer = tokenizer };
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:MaxPromptTokens", most));
        JsonElement answer = await server.ChatAsync("""{"messages": [{"role": "user", "content": "a"}], "max_tokens": 3, "n": 1}""");
        Assert.Equal("""{"role":"assistant","content":"Yes.","refusal":null,"reasoning_content":"far?"}""", answer.GetProperty("choices")[0].GetProperty("message").GetRawText());
    }

    /// <summary>Clients write arguments indented, compact or as "null", and results with quotes or without: the prompt is the same.</summary>
    [Theory]
    [InlineData("\"{\\n  \\\"city\\\": \\\"Oslo\\\"\\n}\"", "\"null\"", "\"\\\"sunny\\\"\"")]
    [InlineData("\"{\\\"city\\\":\\\"Oslo\\\"}\"", "\"{}\"", "\"sunny\"")]
    public async Task Calls_of_tools_and_their_results_have_one_form(string arguments, string none, string result)
    {
        const string Calls = "{% for m in messages %}<{{ m.role }}>{{ m.content or '' }}{% for c in m.tool_calls or [] %}[{{ c.function.name }} {{ c.function.arguments | tojson }}]{% endfor %}{% endfor %}";
        var backend = new ScriptedBackend { ChatTemplate = Calls };
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.ChatAsync($$"""
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": {{arguments}} } }, {"id": "c2", "type": "function", "function": {"name": "now", "arguments": {{none}} } }]},
             {"role": "tool", "tool_call_id": "c1", "content": {{result}} }], "max_tokens": 1}
            """);
        Assert.Equal("<user>a<assistant>[weather {\"city\": \"Oslo\"}][now {}]<tool>sunny", string.Concat(Assert.Single(backend.Requests).Prompt.Parts!.Select(part => part.Text)));
    }

    [Theory]
    [InlineData("""{}""", "messages", "expected at least one message, found none")]
    [InlineData("""{"messages": []}""", "messages", "expected at least one message, found none")]
    [InlineData("""{"messages": [null]}""", "messages[0]", "expected an object, found null")]
    [InlineData("""{"messages": [{"content": "a"}]}""", "messages[0].role", "found none")]
    [InlineData("""{"messages": [{"role": "robot", "content": "a"}]}""", "messages[0].role", "tool or function, found 'robot'")]
    [InlineData("""{"messages": [{"role": "user", "content": 1}]}""", "messages[0].content", "expected a string or an array of parts, found 1")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}""", "messages[0].content", "expected parts of text alone")]
    [InlineData("""{"messages": "a"}""", "messages", "expected an array, found \"a\"")]
    [InlineData("""{"messages": [{"role": "user", "content": "\ud800"}]}""", "messages[0].content", "half a surrogate pair")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "guided_json": {"type": "\ud800"}}""", null, "half a surrogate pair in the text at offset 73")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "metadata": {"\uDFFF": 1}}""", null, "half a surrogate pair in the text at offset")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "top_logprobs": 2}""", "top_logprobs", "expected 'logprobs' to be true")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "max_completion_token": 2}""", "max_completion_token", "Did you mean 'max_completion_tokens'?")]
    public async Task An_invalid_request_is_answered_400_with_the_field(string body, string? param, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        using HttpResponseMessage response = await server.PostAsync(body, path: "/v1/chat/completions");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_fields_that_change_nothing_are_ignored()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        JsonElement answer = await server.ChatAsync("""
            {"messages": [{"role": "user", "content": "a", "annotations": []}], "tools": [], "tool_choice": "auto", "response_format": {"type": "text"}, "user": "u",
             "metadata": {"a": "b"}, "reasoning_effort": "low", "parallel_tool_calls": true, "something_new": 1}
            """);
        Assert.Equal(" one", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }
}
