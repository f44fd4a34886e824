using System.Net;
using System.Text;
using System.Text.Json;
using Engine.Host.Api;
using Microsoft.AspNetCore.Builder;

namespace Engine.Host.Tests.Api;

public sealed class AccessTests
{
    private const string Body = """{"prompt": "a"}""";

    [Theory]
    [InlineData("Authorization", "Bearer right", HttpStatusCode.OK)]
    [InlineData("Authorization", "bearer  second ", HttpStatusCode.OK)]
    [InlineData("x-api-key", "right", HttpStatusCode.OK)]
    [InlineData("x-api-key", "from-file", HttpStatusCode.OK)]
    [InlineData("Authorization", "Bearer wrong", HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Bearer ", HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Basic right", HttpStatusCode.Unauthorized)]
    [InlineData("x-api-key", "# remark", HttpStatusCode.Unauthorized)]
    [InlineData("x-none", "right", HttpStatusCode.Unauthorized)]
    public async Task A_request_must_have_one_of_the_keys(string header, string value, HttpStatusCode status)
    {
        using var folder = new TemporaryFolder();
        await WriteKeysAsync(folder.File("keys.txt"), "# remark\n\n from-file \n");
        await using TestServer server = await TestServer.StartAsync(
            new ScriptedBackend(), ("Serve:ApiKeys:0", "right"), ("Serve:ApiKeys:1", "second"), ("Serve:ApiKeyFile", folder.File("keys.txt")));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent(Body) };
        request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
        if (status == HttpStatusCode.Unauthorized)
        {
            JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
            Assert.Equal("authentication_error", error.GetProperty("type").GetString());
            Assert.Contains("expected one of this server's API keys", error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain("right", error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        }
    }

    [Theory]
    [InlineData("# no key yet\n\n", "there is no key in it")]
    [InlineData(null, "there is no such file")]
    public async Task A_file_without_keys_does_not_leave_the_server_open(string? text, string mistake)
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("keys.txt");
        if (text is not null)
        {
            await WriteKeysAsync(file, text);
        }
        Exception refusal = await Assert.ThrowsAnyAsync<Exception>(() => TestServer.StartAsync(new ScriptedBackend(), ("Serve:ApiKeyFile", file)));
        Assert.Contains($"ApiKeyFile is '{file}', and {mistake}. Write one key per line", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_keys_that_others_can_read_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // there, the folder decides who can read a file
        }
        using var folder = new TemporaryFolder();
        string file = folder.File("keys.txt");
        await WriteKeysAsync(file, "secret\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Exception refusal = await Assert.ThrowsAnyAsync<Exception>(() => TestServer.StartAsync(new ScriptedBackend(), ("Serve:ApiKeyFile", file)));
        Assert.Contains($"ApiKeyFile is '{file}', which others on this machine can read. Let its owner alone have it (chmod 600 '{file}').", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task WriteKeysAsync(string file, string text)
    {
        await File.WriteAllTextAsync(file, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Theory]
    [InlineData("Bearer placeholder", "right", HttpStatusCode.OK)]
    [InlineData("Bearer right", "placeholder", HttpStatusCode.OK)]
    [InlineData("Bearer ", "right", HttpStatusCode.OK)]
    [InlineData("Bearer wrong", "wrong", HttpStatusCode.Unauthorized)]
    public async Task Either_header_may_contain_the_key(string authorization, string apiKey, HttpStatusCode status)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:ApiKeys:0", "right"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent(Body) };
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        request.Headers.TryAddWithoutValidation("x-api-key", apiKey);
        Assert.Equal(status, (await server.Client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Without_keys_any_key_is_accepted_and_none_too()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent(Body) };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer ");
        Assert.Equal(HttpStatusCode.OK, (await server.Client.SendAsync(request)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Body)).StatusCode);
    }

    [Fact]
    public async Task A_probe_needs_no_key_and_the_list_of_models_does()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:ApiKeys", "right"));
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client.GetAsync("/v1/models")).StatusCode);
    }

    [Fact]
    public async Task A_request_beyond_the_limit_per_minute_is_answered_429_with_the_time_to_wait()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:RequestsPerMinute", "2"));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Body)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Body)).StatusCode);
        using HttpResponseMessage refused = await server.PostAsync(Body);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 30);
        Assert.Contains("expected at most 2 requests a minute (Serve:RequestsPerMinute)", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/v1/models")).StatusCode);
    }

    [Theory]
    [InlineData(null, 5, null)]
    [InlineData(3, 3, null)]
    [InlineData(6, null, "this server gives an answer at most 5 tokens (Serve:MaxAnswerTokens), found 6. Ask for fewer.")]
    public async Task An_answer_has_no_more_tokens_than_the_configuration_allows(int? asked, int? given, string? refusal)
    {
        var backend = new ScriptedBackend { ChatTemplate = "a" };
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:MaxAnswerTokens", "5"));
        JsonElement answer = await server.ChatAsync($$"""{"messages": [{"role": "user", "content": "a"}], "max_tokens": {{asked?.ToString() ?? "null"}}}""");
        Assert.Equal(given, backend.Requests.SingleOrDefault()?.MaxTokens);
        if (refusal is not null)
        {
            Assert.Contains(refusal, answer.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("builtin:bert-facts", "/v1/embeddings", """{"input": TEXT}""", "input")]
    [InlineData("builtin:bert-facts", "/api/embed", """{"model": "default", "input": TEXT}""", null)]
    [InlineData("builtin:bert-facts", "/v1/rerank", """{"query": "a", "documents": ["b", TEXT]}""", "documents")]
    [InlineData("builtin:llama-stories", "/v1/score", """{"input": TEXT}""", "input")]
    [InlineData("builtin:t5-translations", "/v1/score", """{"input": "a", "source": TEXT}""", "source")]
    [InlineData("builtin:llama-stories", "/v1/completions", """{"prompt": TEXT, "max_tokens": 1}""", "prompt")]
    public async Task No_input_has_more_tokens_than_the_configuration_allows(string model, string path, string body, string? param)
    {
        await using TestServer server = await TestServer.StartModelAsync(model, ("Serve:MaxPromptTokens", "8"));
        using HttpResponseMessage taken = await server.Client.PostAsync(path, new StringContent(body.Replace("TEXT", "\"a a\"", StringComparison.Ordinal)));
        Assert.True(taken.IsSuccessStatusCode, await taken.Content.ReadAsStringAsync());
        string text = string.Join(' ', Enumerable.Repeat("Anna", 9));
        using HttpResponseMessage refused = await server.Client.PostAsync(path, new StringContent(body.Replace("TEXT", $"\"{text}\"", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        JsonElement error = JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("error");
        string message = error.ValueKind == JsonValueKind.String ? error.GetString()! : error.GetProperty("message").GetString()!;
        Assert.Contains("this server takes at most 8 tokens (Serve:MaxPromptTokens), found ", message, StringComparison.Ordinal);
        if (param is not null)
        {
            Assert.Equal(param, error.GetProperty("param").GetString());
        }
    }

    [Fact]
    public async Task A_body_larger_than_the_configuration_allows_is_answered_413()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:MaxBodyBytes", "100"));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Body)).StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await server.PostAsync($$"""{"prompt": "{{new string('a', 100)}}"}""")).StatusCode);
    }

    [Theory]
    [InlineData("https://a.example", "https://a.example")]
    [InlineData("https://b.example", null)]
    public async Task Only_web_pages_of_named_origins_may_send_requests(string origin, string? allowed)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:CorsOrigins:0", "https://a.example"));
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/chat/completions");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization");
        using HttpResponseMessage response = await server.Client.SendAsync(preflight);
        Assert.Equal(allowed, response.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null);
    }

    [Fact]
    public async Task Without_origins_no_web_page_may_send_requests()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Origin", "https://a.example" } } };
        Assert.False((await server.Client.SendAsync(request)).Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("http://0.0.0.0:1", false)]
    [InlineData("http://127.0.0.1:1;http://*:1", false)]
    [InlineData("http://[::]:1", false)]
    [InlineData("http://example.com:1", false)]
    [InlineData("http://localhost:1;http://[::1]:1;http://127.0.0.2:1", true)]
    public async Task Other_machines_are_served_only_with_a_key_or_on_demand(string urls, bool alone)
    {
        await CheckAsync(alone);
        await CheckAsync(true, ("Serve:ApiKeys:0", "key"));
        await CheckAsync(true, ("Serve:NoKey", "true"));

        async Task CheckAsync(bool passes, params (string Key, string Value)[] settings)
        {
            await using WebApplication app = ServeHost.Build(
                [KeyValuePair.Create("urls", (string?)urls), .. settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))]);
            Exception? refusal = Record.Exception(() => Exposure.Check(app));
            Assert.Equal(passes, refusal is null);
            Assert.Equal(passes, refusal?.Message.Contains("expected an API key, because other machines reach this address", StringComparison.Ordinal) != true);
        }
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task Bodies_are_logged_only_on_demand(string logBodies)
    {
        await using ServeProcess process = await ServeProcess.StartAsync([], ("Serve__LogBodies", logBodies));
        using var content = new StringContent("""{"prompt": "a secret text", "max_tokens": 1}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await process.Client.PostAsync(new Uri("/v1/completions", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        // The log is written by a separate thread.
        Assert.Equal(logBodies == "true", SpinWait.SpinUntil(() => process.Log.Contains("a secret text", StringComparison.Ordinal), TimeSpan.FromSeconds(logBodies == "true" ? 60 : 1)));
    }
}
