using System.Net;
using System.Text.Json;

namespace Engine.Host.Tests.Api;

public sealed class HealthTests
{
    private const string Body = """{"prompt": "a", "max_tokens": 2}""";
    private const string Other = """{"model": "slow", "prompt": "a", "max_tokens": 2}""";

    [Fact]
    public async Task A_model_that_loads_refuses_its_own_requests_and_no_others()
    {
        var gate = new TaskCompletionSource();
        await using TestServer server = await TestServer.ListenAsync([new ScriptedBackend(), new ScriptedBackend("slow") { Loading = gate.Task }]);
        using HttpResponseMessage early = await server.Client.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), early.Headers.RetryAfter!.Delta);
        Assert.Equal("""{"status":"loading","models":{"default":{"status":"ok"},"slow":{"status":"loading"}}}""", await early.Content.ReadAsStringAsync());
        using HttpResponseMessage taken = await server.PostAsync(Body);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        using HttpResponseMessage refused = await server.PostAsync(Other);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        Assert.Contains("the model 'slow' is still loading", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        gate.SetResult();
        await server.Starting;
        Assert.Equal("""{"status":"ok","models":{"default":{"status":"ok"},"slow":{"status":"ok"}}}""", await server.Client.GetStringAsync("/health"));
        using HttpResponseMessage late = await server.PostAsync(Other);
        Assert.Equal(HttpStatusCode.OK, late.StatusCode);
    }

    [Fact]
    public async Task A_model_whose_native_code_failed_is_reported_until_the_next_request_has_loaded_it_again()
    {
        var backend = new ScriptedBackend();
        backend.Failures.Enqueue(new NativeFailureException("Running script: an assertion failed."));
        await using TestServer server = await TestServer.StartAsync([backend, new ScriptedBackend("slow")]);
        using HttpResponseMessage failed = await server.PostAsync(Body);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        Assert.Contains("an assertion failed", await failed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await backend.Disposed.WaitAsync();

        using HttpResponseMessage health = await server.Client.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Equal("""{"status":"failed","models":{"default":{"status":"failed","error":"Running script: an assertion failed."},"slow":{"status":"ok"}}}""",
            await health.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Other)).StatusCode);
        Assert.Equal(1, backend.Loads);

        JsonElement answer = await server.CompleteAsync(Body);
        Assert.Equal(" one two", answer.GetProperty("choices")[0].GetProperty("text").GetString());
        Assert.Equal(2, backend.Loads);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task A_thread_that_never_returns_from_native_code_is_left_to_itself_and_the_next_request_is_answered()
    {
        const string ids = """{"prompt": [1, 2, 3], "max_tokens": 2}""";
        var backend = new GatedBackend();
        await using TestServer server = await TestServer.StartAsync([backend]);
        Task<HttpResponseMessage>[] requests = [server.PostAsync(ids), server.PostAsync(ids)]; // one runs; the other waits, or comes late and meets a second model
        await backend.Stepping.WaitAsync();
        while (!requests.All(request => request.IsCompleted))
        {
            backend.Fail!(new NativeFailureException("Running gate: an assertion failed.")); // its step still stands at the gate
            await Task.WhenAny(Task.WhenAll(requests), Task.Delay(20));
        }
        Assert.All(await Task.WhenAll(requests), response => Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.Client.GetAsync("/health")).StatusCode);

        Task<HttpResponseMessage> next = server.PostAsync(ids);
        await backend.Stepping.WaitAsync();
        backend.Gate.Set();
        Assert.Equal(HttpStatusCode.OK, (await next).StatusCode);
        Assert.Equal("""{"status":"ok","models":{"default":{"status":"ok"}}}""", await server.Client.GetStringAsync("/health"));
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_again_is_tried_again_by_each_request()
    {
        var backend = new ScriptedBackend();
        backend.Failures.Enqueue(new NativeFailureException("Running script: an assertion failed."));
        await using TestServer server = await TestServer.StartAsync(backend);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.PostAsync(Body)).StatusCode);
        backend.LoadingFailures.Enqueue(new InsufficientMemoryException("Loading script: it needs 2 GiB, there is 1.", 2, 1));
        using HttpResponseMessage full = await server.PostAsync(Body);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, full.StatusCode);
        Assert.Contains("it needs 2 GiB", await full.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("it needs 2 GiB", await (await server.Client.GetAsync("/health")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Body)).StatusCode);
        Assert.Equal(3, backend.Loads);
    }

    [Fact]
    public async Task An_unexpected_failure_keeps_its_details_to_itself()
    {
        var backend = new ScriptedBackend();
        backend.Failures.Enqueue(new NativeFailureException("Running script: an assertion failed."));
        await using TestServer server = await TestServer.StartAsync(backend);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.PostAsync(Body)).StatusCode);
        backend.LoadingFailures.Enqueue(new InvalidOperationException("secret"));
        Assert.Equal(HttpStatusCode.InternalServerError, (await server.PostAsync(Body)).StatusCode);
        string health = await (await server.Client.GetAsync("/health")).Content.ReadAsStringAsync();
        Assert.DoesNotContain("secret", health, StringComparison.Ordinal);
        Assert.Contains("The server met an unexpected error.", health, StringComparison.Ordinal);
    }
}
