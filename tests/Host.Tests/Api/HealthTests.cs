using System.Net;
using System.Text.Json;
using Engine.Registry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

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
        while (server.App.Services.GetRequiredService<IModelRegistry>().StatusOf("slow").State != ModelState.Loading)
        {
            await Task.Delay(5); // the default one is loaded before
        }
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
    public async Task A_thread_that_never_returns_from_native_code_is_abandoned_and_the_next_request_is_answered()
    {
        const string ids = """{"prompt": [1, 2, 3], "max_tokens": 2}""";
        var backend = new GatedBackend();
        await using TestServer server = await TestServer.StartAsync([backend]);
        Task<HttpResponseMessage>[] requests = [server.PostAsync(ids), server.PostAsync(ids)]; // one runs; the other waits, or comes late and meets a second model
        await backend.Stepping.WaitAsync();
        while (!requests.All(request => request.IsCompleted))
        {
            backend.Fail!(new NativeFailureException("Running gate: an assertion failed.")); // its step is still waiting at the gate
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
    public async Task An_unexpected_failure_hides_its_details()
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

    [Fact]
    public async Task A_readiness_probe_passes_while_any_model_answers_and_a_models_own_probe_while_it_does()
    {
        var gate = new TaskCompletionSource();
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.ListenAsync([backend, new ScriptedBackend("slow") { Loading = gate.Task }]);
        Assert.Equal((HttpStatusCode.OK, """{"status":"degraded","models":{"default":{"status":"ok"},"slow":{"status":"loading"}}}"""), await AskAsync("/health/ready"));
        Assert.Equal((HttpStatusCode.OK, """{"status":"ok","models":{"default":{"status":"ok"}}}"""), await AskAsync("/health/ready/DEFAULT"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, """{"status":"loading","models":{"slow":{"status":"loading"}}}"""), await AskAsync("/health/ready/slow"));
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync("/health/ready/none")).Status);
        gate.SetResult();
        await server.Starting;
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/health/ready/slow")).Status);

        backend.Failures.Enqueue(new NativeFailureException("Running script: an assertion failed."));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.PostAsync(Body)).StatusCode);
        Assert.Equal(
            (HttpStatusCode.OK, """{"status":"degraded","models":{"default":{"status":"failed","error":"Running script: an assertion failed."},"slow":{"status":"ok"}}}"""),
            await AskAsync("/health/ready"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync("/health/ready/default")).Status);
        Assert.Equal((HttpStatusCode.OK, """{"status":"ok"}"""), await AskAsync("/health/live"));

        async Task<(HttpStatusCode Status, string Text)> AskAsync(string path)
        {
            using HttpResponseMessage response = await server.Client.GetAsync(path);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task If_no_model_answers_the_server_is_alive_but_not_ready()
    {
        await using TestServer server = await TestServer.ListenAsync([new ScriptedBackend { Loading = new TaskCompletionSource().Task }]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.Client.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health/live")).StatusCode);
    }

    [Fact]
    public async Task A_stopping_server_is_alive_but_not_ready()
    {
        var gate = new TaskCompletionSource();
        var backend = new ScriptedBackend { Generating = gate.Task };
        await using TestServer server = await TestServer.StartAsync(backend);
        Task<HttpResponseMessage> running = server.PostAsync(Body);
        await backend.Begun.WaitAsync();
        Task stopping = server.App.StopAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.Client.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.Client.GetAsync("/health/ready/default")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health/live")).StatusCode);
        gate.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        await stopping;
    }

    [Fact]
    public async Task Models_are_health_checks_like_any_other()
    {
        var backend = new ScriptedBackend();
        backend.Failures.Enqueue(new NativeFailureException("Running script: an assertion failed."));
        await using TestServer server = await TestServer.StartAsync([backend, new ScriptedBackend("slow")]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.PostAsync(Body)).StatusCode);
        HealthReport report = await server.App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(
            [("model:default", HealthStatus.Unhealthy, "Running script: an assertion failed.", "failed"), ("model:slow", HealthStatus.Healthy, "ok", "ok")],
            report.Entries.Select(check => (check.Key, check.Value.Status, check.Value.Description, (string)check.Value.Data["state"])).Order());
        Assert.All(report.Entries.Values, check => Assert.Equal(["model", "ready"], check.Tags.Order()));
    }

    [Theory]
    [InlineData("ready", "/health/ready", "/health/live")]
    [InlineData("live", "/health/live", "/health/ready")]
    public async Task A_programs_own_check_counts_for_the_probe_that_its_tag_names(string tag, string counts, string other)
    {
        HealthCheckResult result = HealthCheckResult.Unhealthy("the disk is full", new InvalidOperationException("secret"));
        await using TestServer server = await TestServer.StartAsync([new ScriptedBackend()], services => services.AddHealthChecks().AddCheck("disk", () => result, [tag]));
        using HttpResponseMessage failed = await server.Client.GetAsync(counts);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        Assert.DoesNotContain("secret", await failed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(other)).StatusCode);
        result = HealthCheckResult.Unhealthy("the disk is full");
        Assert.Contains("""{"disk":{"status":"failed","error":"the disk is full"}}""", await (await server.Client.GetAsync(counts)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        result = HealthCheckResult.Degraded("the disk is nearly full");
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(counts)).StatusCode);
    }
}
