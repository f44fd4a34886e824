using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Engine.Host.Tests.Api;

namespace Engine.Host.Tests.Service;

/// <summary>SIGTERM at every stage of a service's life.</summary>
public sealed class StopTests
{
    private static readonly (string, string) Signs = ("WATCHDOG_USEC", "300000");

    [LinuxFact]
    public async Task While_nothing_runs_it_ends_at_once()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(["--backend", "reference"]);
        serve.Terminate();
        Assert.Equal(0, await serve.ExitAsync());
        Assert.DoesNotContain("Stopping:", serve.Log, StringComparison.Ordinal);
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_a_prompt_is_read_its_request_and_those_in_line_are_still_answered(bool stream)
    {
        using var model = new SlowModel();
        using var systemd = new NotifySocket();
        await using ServeProcess serve = await ServeProcess.StartAsync(model.Arguments, ("NOTIFY_SOCKET", systemd.Path), Signs);
        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 2).Select(i => PostAsync(serve, SlowModel.Prompt(300 + i), tokens: 2, stream))];
        await systemd.UntilAsync(notice => notice.Status?.StartsWith("2 requests", StringComparison.Ordinal) == true);
        Assert.All(requests, request => Assert.False(request.IsCompleted)); // no token has come yet

        serve.Terminate();
        await systemd.UntilAsync(notice => notice.Has("STOPPING=1"));
        foreach (HttpResponseMessage answer in await Task.WhenAll(requests))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            string text = await answer.Content.ReadAsStringAsync();
            Assert.Contains(stream ? "[DONE]" : "\"finish_reason\":\"length\"", text, StringComparison.Ordinal);
        }
        Assert.Equal(0, await serve.ExitAsync());
        Assert.Contains("Stopping: 2 requests left, with 30 s to end", serve.Log, StringComparison.Ordinal);
        Assert.Contains("Stopping: all requests have ended", serve.Log, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Requests_beyond_the_limit_are_ended_and_counted()
    {
        using var model = new SlowModel();
        using var systemd = new NotifySocket();
        await using ServeProcess serve = await ServeProcess.StartAsync([.. model.Arguments, "--drain-seconds", "1"], ("NOTIFY_SOCKET", systemd.Path), Signs);
        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 3).Select(i => PostAsync(serve, SlowModel.Prompt(1900 + i), tokens: 2, stream: false))];
        await systemd.UntilAsync(notice => notice.Status?.StartsWith("3 requests", StringComparison.Ordinal) == true);
        serve.Terminate();
        List<Notice> signs = await systemd.UntilAsync(notice => notice.Has("WATCHDOG=1") && notice.Status?.StartsWith("Stopping: 3", StringComparison.Ordinal) == true);
        Assert.Contains(signs, notice => notice.Has("STOPPING=1"));
        foreach (HttpResponseMessage answer in await Task.WhenAll(requests))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("the server is stopping", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        Assert.Equal(0, await serve.ExitAsync());
        Assert.Contains("Stopping: 3 requests left after 1 s, ended now", serve.Log, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task While_requests_wait_for_a_model_that_they_load_they_count_and_end_within_the_limit()
    {
        using var model = new SlowModel();
        using var systemd = new NotifySocket();
        string slow = "Engine__Models__default__", right = "Engine__Models__right__"; // a gate that takes seconds
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--drain-seconds", "1"], ("NOTIFY_SOCKET", systemd.Path), Signs, (slow + "Path", model.Path), (slow + "Backend", "reference"), (slow + "Load", "OnUse"),
            (slow + "Gate__Oracle", "right"), (slow + "Gate__Text", SlowModel.Prompt(1900)), (right + "Path", model.Path), (right + "Backend", "reference"));
        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 2).Select(i => PostAsync(serve, "a", tokens: 2, stream: i == 0))];
        await systemd.UntilAsync(notice => notice.Status?.StartsWith("2 requests; right ready; default loading", StringComparison.Ordinal) == true
            || notice.Status?.StartsWith("2 requests; default loading", StringComparison.Ordinal) == true);
        serve.Terminate();
        foreach (HttpResponseMessage answer in await Task.WhenAll(requests))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("the server is stopping", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        Assert.Equal(0, await serve.ExitAsync());
        Assert.Contains("Stopping: 2 requests left after 1 s, ended now", serve.Log, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task While_other_models_load_a_ready_one_still_answers()
    {
        using var model = new SlowModel();
        using var systemd = new NotifySocket();
        // Enough that they are not loaded before the signal, even if this test has to wait for the processor: each takes one or two hundredths of a second.
        IEnumerable<(string, string)> others = Enumerable.Range(0, 400).SelectMany(i => new[]
        {
            ($"Engine__Models__other{i}__Path", model.Path), ($"Engine__Models__other{i}__Backend", "llama.cpp"), ($"Engine__Models__other{i}__ContextLength", "64"),
        });
        await using ServeProcess serve = await ServeProcess.StartListeningAsync(model.Arguments, [("NOTIFY_SOCKET", systemd.Path), Signs, .. others]);
        await systemd.UntilAsync(notice => notice.Status?.Contains("default", StringComparison.Ordinal) == true && notice.Status.Contains("ready", StringComparison.Ordinal));
        Task<HttpResponseMessage> request = PostAsync(serve, SlowModel.Prompt(300), tokens: 2, stream: false);
        await systemd.UntilAsync(notice => notice.Status?.StartsWith("1 requests", StringComparison.Ordinal) == true);
        serve.Terminate();
        using HttpResponseMessage answer = await request;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, await serve.ExitAsync());
        Assert.DoesNotContain("Serving on", serve.Log, StringComparison.Ordinal);
        Assert.Contains("Stopping: 1 request left", serve.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", serve.Log, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task While_the_configuration_is_read_a_stop_works_even_if_one_of_its_files_never_ends()
    {
        using var folder = new TemporaryFolder();
        string endless = folder.File("template.jinja");
        using (Process pipe = Process.Start("mkfifo", [endless]))
        {
            await pipe.WaitForExitAsync();
        }
        using Process serve = EngineProcess.Start(
            ["serve", "--urls", "http://127.0.0.1:0"], new Dictionary<string, string> { ["Engine__Models__default__ChatTemplate"] = endless });
        // Opening the pipe for writing returns once the program has opened it for reading; its content never arrives.
        using var writer = new FileStream(endless, FileMode.Open, FileAccess.Write);
        Signal.Send(serve, Signal.Terminate);
        await serve.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(130, serve.ExitCode);
        Assert.Equal("Stopped before the server had started.\n", await serve.StandardError.ReadToEndAsync());
    }

    private static Task<HttpResponseMessage> PostAsync(ServeProcess serve, string prompt, int tokens, bool stream) =>
        serve.Client.PostAsJsonAsync("/v1/completions", new { model = "default", prompt, max_tokens = tokens, temperature = 0, stream });
}
