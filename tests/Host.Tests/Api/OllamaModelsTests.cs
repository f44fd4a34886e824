using System.Net;
using System.Text.Json;

namespace Engine.Host.Tests.Api;

/// <summary>What Ollama's clients ask beside chats and generations: vectors, the models, and whether the server is up.</summary>
public sealed class OllamaModelsTests
{
    [Fact]
    public async Task Texts_become_the_vectors_of_OpenAIs_endpoint_and_too_long_ones_are_cut()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:bert-facts", ("Engine:Models:default:ContextLength", "16"));
        JsonElement judge = await server.AskAsync("/v1/embeddings", """{"input": ["the cat", "a"], "encoding_format": "float"}""");
        JsonElement answer = await server.AskAsync("/api/embed", """{"model": "default:latest", "input": ["the cat", "a"], "options": null, "keep_alive": null, "CustomHeaders": {}}""");
        Assert.Equal("default", answer.GetProperty("model").GetString());
        Assert.Equal(judge.GetProperty("data").EnumerateArray().Select(row => row.GetProperty("embedding").GetRawText()), answer.GetProperty("embeddings").EnumerateArray().Select(row => row.GetRawText()));
        Assert.Equal(judge.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), answer.GetProperty("prompt_eval_count").GetInt32());
        Assert.InRange(answer.GetProperty("load_duration").GetInt64(), 1, answer.GetProperty("total_duration").GetInt64());
        JsonElement old = await server.AskAsync("/api/embeddings", """{"prompt": "the cat"}""");
        Assert.Equal(answer.GetProperty("embeddings")[0].GetRawText(), old.GetProperty("embedding").GetRawText());

        // 14 tokens fit beside [CLS] and [SEP].
        JsonElement cut = await server.AskAsync("/api/embed", $$"""{"input": "{{string.Concat(Enumerable.Repeat("a ", 40))}}"}""");
        JsonElement fit = await server.AskAsync("/api/embed", $$"""{"input": "{{string.Concat(Enumerable.Repeat("a ", 14))}}", "truncate": false}""");
        Assert.Equal(16, cut.GetProperty("prompt_eval_count").GetInt32());
        Assert.Equal(fit.GetProperty("embeddings").GetRawText(), cut.GetProperty("embeddings").GetRawText());
        using HttpResponseMessage refused = await server.PostAsync($$"""{"input": "{{string.Concat(Enumerable.Repeat("a ", 15))}}", "truncate": false}""", path: "/api/embed");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("the context holds 16 tokens, the prompt has 17", Error(await refused.Content.ReadAsStringAsync()), StringComparison.Ordinal);

        JsonElement shorter = await server.AskAsync("/api/embed", """{"input": "the cat", "dimensions": 3}""");
        float[] numbers = [.. shorter.GetProperty("embeddings")[0].EnumerateArray().Select(number => number.GetSingle())];
        Assert.Equal(3, numbers.Length);
        // Three squares of F32 numbers, each rounded by 2^-24 of itself on any processor.
        Assert.Equal(1, numbers.Sum(number => number * number), 1e-5);
        Assert.Equal("""[]""", (await server.AskAsync("/api/embed", """{"model": "default"}""")).GetProperty("embeddings").GetRawText());
        Assert.Equal("""[]""", (await server.AskAsync("/api/embeddings", """{"model": "default", "prompt": ""}""")).GetProperty("embedding").GetRawText());
    }

    [Fact]
    public async Task The_models_are_listed_and_described()
    {
        await using TestServer server = await TestServer.StartAsync([new ScriptedBackend { ChatTemplate = "{{ messages }}" }, new ScriptedBackend("other")]);
        JsonElement[] models = [.. JsonElement.Parse(await server.Client.GetStringAsync("/api/tags")).GetProperty("models").EnumerateArray()];
        Assert.Equal(["default", "other"], models.Select(model => model.GetProperty("name").GetString()));
        Assert.Equal(["default", "other"], models.Select(model => model.GetProperty("model").GetString()));
        Assert.Matches("^[0-9a-f]{64}$", models[0].GetProperty("digest").GetString());
        Assert.Equal("""{"parent_model":"","format":"gguf","family":"none","families":["none"],"parameter_size":"0","quantization_level":"F32"}""", models[0].GetProperty("details").GetRawText());
        Assert.True(models[0].GetProperty("modified_at").GetDateTimeOffset().Year >= 2025);

        JsonElement loaded = JsonElement.Parse(await server.Client.GetStringAsync("/api/ps")).GetProperty("models")[1];
        Assert.Equal("other", loaded.GetProperty("name").GetString());
        Assert.Equal(100, loaded.GetProperty("context_length").GetInt32());
        Assert.Equal(0, loaded.GetProperty("size_vram").GetInt64());
        Assert.Equal(9999, loaded.GetProperty("expires_at").GetDateTimeOffset().Year);

        JsonElement facts = await server.AskAsync("/api/show", """{"name": "default:latest", "verbose": true}""");
        Assert.Equal("{{ messages }}", facts.GetProperty("template").GetString());
        Assert.Equal("""["completion"]""", facts.GetProperty("capabilities").GetRawText());
        Assert.Equal("none", facts.GetProperty("model_info").GetProperty("general.architecture").GetString());
        Assert.Equal(100, facts.GetProperty("model_info").GetProperty("none.context_length").GetInt32());
    }

    [Fact]
    public async Task A_model_that_is_unloaded_when_idle_says_when()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Engine:Models:default:UnloadAfter", "01:00:00"));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        JsonElement loaded = JsonElement.Parse(await server.Client.GetStringAsync("/api/ps")).GetProperty("models")[0];
        Assert.InRange(loaded.GetProperty("expires_at").GetDateTimeOffset(), now.AddMinutes(58), now.AddMinutes(61));
    }

    [Fact]
    public async Task A_model_that_is_still_loading_is_listed_and_not_among_the_loaded()
    {
        var gate = new TaskCompletionSource();
        await using TestServer server = await TestServer.ListenAsync([new ScriptedBackend { Loading = gate.Task }]);
        JsonElement model = JsonElement.Parse(await server.Client.GetStringAsync("/api/tags")).GetProperty("models")[0];
        Assert.Equal("default", model.GetProperty("name").GetString());
        Assert.Equal("", model.GetProperty("details").GetProperty("family").GetString());
        Assert.Equal("""{"models":[]}""", await server.Client.GetStringAsync("/api/ps"));
        using HttpResponseMessage response = await server.PostAsync("""{"model": "default"}""", path: "/api/chat");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        gate.SetResult();
        await server.Starting;
    }

    [Fact]
    public async Task A_client_that_checks_whether_the_server_is_up_gets_200()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        Assert.Equal("The engine is running.\n", await server.Client.GetStringAsync("/"));
        using HttpResponseMessage head = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        string version = JsonElement.Parse(await server.Client.GetStringAsync("/api/version")).GetProperty("version").GetString()!;
        Assert.Equal(typeof(IModel).Assembly.GetName().Version!.ToString(3), version);
    }

    [Fact]
    public async Task A_missing_resource_is_answered_in_Ollamas_shape()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using HttpResponseMessage response = await server.PostAsync("""{"model": "x"}""", path: "/api/pull");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.StartsWith("There is no POST /api/pull. There are ", Error(await response.Content.ReadAsStringAsync()), StringComparison.Ordinal);
    }

    private static string Error(string body) => JsonElement.Parse(body).GetProperty("error").GetString()!;
}
