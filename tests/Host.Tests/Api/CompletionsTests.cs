using System.Net;
using System.Text;
using System.Text.Json;

namespace Engine.Host.Tests.Api;

public sealed class CompletionsTests
{
    [Fact]
    public async Task A_completion_has_the_shape_of_OpenAIs()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        JsonElement answer = await server.CompleteAsync("""{"model": "default", "prompt": "zero", "max_tokens": 3}""");
        Assert.StartsWith("cmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        Assert.True(answer.GetProperty("created").GetInt64() > 1_700_000_000);
        Assert.Equal("default", answer.GetProperty("model").GetString());
        JsonElement choice = Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal(" one two three", choice.GetProperty("text").GetString());
        Assert.Equal(0, choice.GetProperty("index").GetInt32());
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("logprobs").ValueKind);
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.Equal("""{"prompt_tokens":3,"completion_tokens":3,"total_tokens":6,"prompt_tokens_details":{"cached_tokens":0}}""", answer.GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task A_streamed_completion_comes_in_events_and_ends_with_DONE()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        string[] events = await server.StreamAsync("""{"prompt": "zero", "max_tokens": 3, "stream": true, "stream_options": {"include_usage": true}}""");
        Assert.Equal("[DONE]", events[^1]);
        JsonElement[] chunks = [.. events[..^1].Select(chunk => JsonElement.Parse(chunk))];
        Assert.Equal(4, chunks.Length);
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
        JsonElement[] choices = [.. chunks[..3].Select(chunk => chunk.GetProperty("choices")[0])];
        Assert.Equal([" one", " two", " three"], choices.Select(choice => choice.GetProperty("text").GetString()));
        Assert.Equal([null, null, "length"], choices.Select(choice => choice.GetProperty("finish_reason").GetString()));
        Assert.Equal(0, chunks[3].GetProperty("choices").GetArrayLength());
        Assert.Equal(6, chunks[3].GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task Every_field_reaches_the_model()
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.CompleteAsync("""
            {"prompt": [1, 2], "max_tokens": 2, "temperature": 0.5, "top_p": 0.75, "top_k": 7, "min_p": 0.25, "seed": -2, "stop": ["a", "b"],
             "presence_penalty": 1, "frequency_penalty": -1, "repetition_penalty": 1.5, "xtc_probability": 0.5, "xtc_threshold": 0.25,
             "mirostat": 2, "mirostat_tau": 3, "mirostat_eta": 0.5, "samplers": ["top_k", "Temperature"], "n": 1, "best_of": 1, "echo": false, "logprobs": null,
             "suffix": null, "logit_bias": {}, "user": "u", "stream": false}
            """);
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal([1, 2], request.Prompt.Tokens!);
        Assert.Equal(2, request.MaxTokens);
        Assert.Equal(["a", "b"], request.Stop);
        Assert.Equal(new SamplingOptions
        {
            Temperature = 0.5f,
            TopP = 0.75f,
            TopK = 7,
            MinP = 0.25f,
            Seed = ulong.MaxValue - 1,
            PresencePenalty = 1,
            FrequencyPenalty = -1,
            RepetitionPenalty = 1.5f,
            PenaltyWindow = -1,
            XtcProbability = 0.5f,
            XtcThreshold = 0.25f,
            Mirostat = 2,
            MirostatTau = 3,
            MirostatEta = 0.5f,
            Samplers = "top_k;Temperature",
        }, request.Sampling);
    }

    [Fact]
    public async Task Missing_fields_have_OpenAIs_defaults()
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.CompleteAsync("""{"prompt": ["text"], "stop": "x", "top_k": -1}""");
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal("text", request.Prompt.Text);
        Assert.Equal(16, request.MaxTokens);
        Assert.Equal(["x"], request.Stop);
        Assert.Equal(SamplingOptions.Default with { Temperature = 1, TopP = 1, TopK = 0, MinP = 0, PenaltyWindow = -1 }, request.Sampling);
    }

    [Fact]
    public async Task Missing_fields_have_the_files_defaults_if_it_has_any()
    {
        var backend = new ScriptedBackend { Sampling = new SamplingOptions { Temperature = 0.25f, TopK = 3, MinP = 0.5f } };
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.CompleteAsync("""{"prompt": "text", "top_k": 9, "min_p": 0}""");
        Assert.Equal(
            SamplingOptions.Default with { Temperature = 0.25f, TopP = 1, TopK = 9, MinP = 0, PenaltyWindow = -1 }, Assert.Single(backend.Requests).Sampling);
    }

    [Theory]
    [InlineData("{\"prompt\": \"caf\u00e9\"}", "expected UTF-8, found the byte 0xE9 at offset 15. Send the body as UTF-8.")]
    [InlineData("\u00ff\u00fe{\u0000", "expected UTF-8, found the byte 0xFF at offset 0.")]
    public async Task A_body_that_is_not_UTF_8_is_refused_as_such(string body, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/v1/completions", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(message, Error(await response.Content.ReadAsStringAsync()).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_order_mark_before_the_body_is_ignored()
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.CompleteAsync("\ufeff{\"prompt\": \"é\"}");
        Assert.Equal("é", Assert.Single(backend.Requests).Prompt.Text);
    }

    [Theory]
    [InlineData("", null, "expected JSON, found what is not JSON at line 1, column 1. Correct the body.")]
    [InlineData("{", null, "expected JSON")]
    [InlineData("[]", null, "expected a JSON object, found an array")]
    [InlineData("{}", "prompt", "found none")]
    [InlineData("""{"prompt": 1}""", "prompt", "expected a string or an array of token ids, found 1")]
    [InlineData("""{"prompt": [1, "b"]}""", "prompt", "expected token ids, found [1, \"b\"]")]
    [InlineData("""{"prompt": [1.5]}""", "prompt", "expected token ids, found [1.5]")]
    [InlineData("""{"prompt": ["a", 1]}""", "prompt", "expected strings alone or arrays of token ids alone")]
    [InlineData("""{"prompt": "\ud800"}""", "prompt", "half a surrogate pair")]
    [InlineData("""{"prompt": "a", "prompt": "b"}""", null, "expected JSON, found 'prompt' twice. Correct the body.")]
    [InlineData("""{"prompt": "a", "max_tokens": 0}""", "max_tokens", "expected a whole number from 1")]
    [InlineData("""{"prompt": "a", "max_tokens": 1e99}""", "max_tokens", "found 1e99")]
    [InlineData("""{"prompt": "a", "temperature": -1}""", "temperature", "expected a number from 0 to 2, found -1")]
    [InlineData("""{"prompt": "a", "temperature": "hot"}""", "temperature", "found \"hot\"")]
    [InlineData("""{"prompt": "a", "top_p": 2}""", "top_p", "from 0 to 1")]
    [InlineData("""{"prompt": "a", "seed": 1.5}""", "seed", "64 bits")]
    [InlineData("""{"prompt": "a", "stop": [1]}""", "stop", "array of strings")]
    [InlineData("""{"prompt": "a", "stop": ""}""", "stop", "none of them empty")]
    [InlineData("""{"prompt": "a", "stream": 1}""", "stream", "true or false")]
    [InlineData("""{"prompt": "a", "stream_options": {}}""", "stream_options", "'stream' to be true")]
    [InlineData("""{"prompt": "a", "n": 0}""", "n", "expected a whole number from 1 to 128, found 0")]
    [InlineData("""{"prompt": "a", "n": 129}""", "n", "expected a whole number from 1 to 128, found 129")]
    [InlineData("""{"prompt": "a", "best_of": 2}""", "best_of", "the best of several answers cannot be asked for")]
    [InlineData("""{"prompt": "a", "n": 2, "best_of": 3}""", "best_of", "the best of several answers cannot be asked for")]
    [InlineData("""{"prompt": "a", "logprobs": 21}""", "logprobs", "expected a whole number from 0 to 20, found 21")]
    [InlineData("""{"prompt": "a", "logit_bias": {"1": 101}}""", "logit_bias", "expected a number from -100 to 100, found 101")]
    [InlineData("""{"prompt": "a", "logit_bias": {"x": 1}}""", "logit_bias", "expected token ids as its keys, found 'x'")]
    [InlineData("""{"prompt": "a", "logit_bias": {"1": "x"}}""", "logit_bias.1", "expected a number, found \"x\"")]
    [InlineData("""{"prompt": "a", "suffix": "b"}""", "suffix", "text after the answer cannot be asked for")]
    [InlineData("""{"prompt": "a", "temprature": 1}""", "temprature", "Did you mean 'temperature'?")]
    public async Task An_invalid_request_is_answered_400_with_a_message(string body, string? param, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using HttpResponseMessage response = await server.PostAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement error = Error(await response.Content.ReadAsStringAsync());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/v1/completions", """{"prompt": "a", "model": "nope"}""", 404, "model_not_found")]
    [InlineData("GET", "/v1/models/nope", null, 404, "model_not_found")]
    [InlineData("GET", "/v1/completions", null, 405, "method_not_allowed")]
    [InlineData("GET", "/nope", null, 404, "unknown_url")]
    public async Task A_missing_resource_is_answered_in_the_same_shape(string method, string path, string? body, int status, string code)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using HttpResponseMessage response = await server.Client.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body) });
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, Error(await response.Content.ReadAsStringAsync()).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(400, "context_length_exceeded", "the context holds 3 tokens, the prompt has 5")]
    [InlineData(429, "queue_full", "Taking a request for script: 7 requests wait already, as many as may (Queue). Send it again in 6 s.")]
    [InlineData(500, null, "NaN in layer 3")]
    [InlineData(503, "model_failed", "llama.cpp failed")]
    [InlineData(504, "deadline_exceeded", "expected the end within 2.5 s (Deadline), it was not reached.")]
    [InlineData(-500, null, "The server met an unexpected error. Its log has the details.")]
    public async Task A_model_error_keeps_its_message_and_an_unexpected_one_hides_its_details(int status, string? code, string message)
    {
        Exception failure = status switch
        {
            400 => new ContextLengthExceededException(5, 3),
            429 => new QueueFullException("script", 7, TimeSpan.FromSeconds(5.2)),
            503 => new NativeFailureException("llama.cpp failed"),
            504 => new DeadlineExceededException("script", TimeSpan.FromSeconds(2.5)),
            500 => new NonFiniteLogitsException("NaN in layer 3"),
            _ => new InvalidOperationException("secret"),
        };
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { Failure = failure });
        using HttpResponseMessage response = await server.PostAsync("""{"prompt": "a"}""");
        Assert.Equal(Math.Abs(status), (int)response.StatusCode);
        Assert.Equal(status switch { 429 => "6", 503 => "1", _ => null }, response.Headers.RetryAfter?.ToString());
        string body = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
        Assert.Equal(code, Error(body).GetProperty("code").GetString());
        Assert.Contains(message, Error(body).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_in_a_stream_is_its_last_event_and_then_the_connection_breaks()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { Failure = new NonFiniteLogitsException("NaN in layer 3") });
        using HttpResponseMessage response = await server.PostAsync("""{"prompt": "a", "stream": true}""", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Contains(" one", await reader.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("", await reader.ReadLineAsync());
        Assert.Equal("NaN in layer 3", Error((await reader.ReadLineAsync())!["data: ".Length..]).GetProperty("message").GetString());
        Assert.Equal("", await reader.ReadLineAsync());
        Assert.Equal(HttpRequestError.ResponseEnded, (await Assert.ThrowsAsync<HttpIOException>(reader.ReadLineAsync)).HttpRequestError);
    }

    [Fact]
    public async Task Several_answers_have_the_seeds_that_follow_and_their_tokens_are_summed()
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend);
        JsonElement answer = await server.CompleteAsync("""{"prompt": "zero", "max_tokens": 2, "n": 3, "best_of": 3, "seed": 0}""");
        Assert.Equal([0ul, 1ul, 2ul], backend.Requests.Select(request => request.Sampling.Seed!.Value).Order());
        JsonElement[] choices = [.. answer.GetProperty("choices").EnumerateArray()];
        Assert.Equal([0, 1, 2], choices.Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal([" one two", " two three", " three four"], choices.Select(choice => choice.GetProperty("text").GetString()));
        Assert.All(choices, choice => Assert.Equal("length", choice.GetProperty("finish_reason").GetString()));
        Assert.Equal("""{"prompt_tokens":3,"completion_tokens":6,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":0}}""", answer.GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task Several_answers_without_a_seed_have_none()
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend);
        await server.CompleteAsync("""{"prompt": "zero", "n": 2}""");
        Assert.Equal([null, null], backend.Requests.Select(request => request.Sampling.Seed));
    }

    [Fact]
    public async Task Several_streamed_answers_run_at_once_and_each_event_says_whose_it_is()
    {
        var gate = new TaskCompletionSource();
        var backend = new ScriptedBackend { Generating = gate.Task };
        await using TestServer server = await TestServer.StartAsync(backend);
        Task<string[]> reading = server.StreamAsync(
            """{"prompt": "zero", "max_tokens": 3, "n": 2, "seed": 4, "stream": true, "stream_options": {"include_usage": true}}""");
        await backend.Begun.WaitAsync();
        await backend.Begun.WaitAsync(); // neither has ended
        gate.SetResult();
        string[] events = await reading;
        Assert.Equal("[DONE]", events[^1]);
        JsonElement[] chunks = [.. events[..^1].Select(chunk => JsonElement.Parse(chunk))];
        JsonElement[] choices = [.. chunks.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())];
        ILookup<int, string> texts = choices.ToLookup(choice => choice.GetProperty("index").GetInt32(), choice => choice.GetProperty("text").GetString()!);
        Assert.Equal([" five", " six", " seven"], texts[0]);
        Assert.Equal([" six", " seven", " eight"], texts[1]);
        Assert.Equal([0, 1], choices.Where(choice => choice.GetProperty("finish_reason").GetString() == "length").Select(choice => choice.GetProperty("index").GetInt32()).Order());
        Assert.Equal("""{"prompt_tokens":3,"completion_tokens":6,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":4}}""", chunks[^1].GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task The_first_failure_of_several_answers_ends_them_all()
    {
        var backend = new ScriptedBackend { Generating = new TaskCompletionSource().Task, Refusal = new QueueFullException("script", 7, TimeSpan.FromSeconds(2)) };
        await using TestServer server = await TestServer.StartAsync(backend);
        using HttpResponseMessage response = await server.PostAsync("""{"prompt": "a", "n": 3}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("queue_full", Error(await response.Content.ReadAsStringAsync()).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("0", null)]
    [InlineData("90", 90.0)]
    public async Task The_servers_deadline_is_each_requests(string seconds, double? deadline)
    {
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:DeadlineSeconds", seconds));
        await server.CompleteAsync("""{"prompt": "a", "n": 2}""");
        Assert.Equal([deadline, deadline], backend.Requests.Select(request => request.Deadline?.TotalSeconds));
    }

    [Fact]
    public async Task An_unknown_path_is_answered_with_the_known_ones()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using HttpResponseMessage response = await server.Client.GetAsync("/nope");
        string message = Error(await response.Content.ReadAsStringAsync()).GetProperty("message").GetString()!;
        Assert.StartsWith("There is no GET /nope. There are POST /v1/chat/completions, POST /v1/completions, ", message, StringComparison.Ordinal);
        Assert.All(["POST /v1/embeddings", "GET /v1/models/{name}", "GET /health"], path => Assert.Contains($", {path}", message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_answered_413()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = new StringContent($$"""{"prompt": "{{new string('a', 31_000_000)}}"}"""),
            // The refusal comes before the body, which would else run into a closed connection.
            Headers = { ExpectContinue = true },
        };
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Error(await response.Content.ReadAsStringAsync());
    }

    private static JsonElement Error(string body)
    {
        Assert.DoesNotContain("   at ", body, StringComparison.Ordinal);
        return JsonElement.Parse(body).GetProperty("error");
    }
}
