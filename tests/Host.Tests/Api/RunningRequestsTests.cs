using System.Net;
using System.Text.Json;

namespace Engine.Host.Tests.Api;

public sealed class RunningRequestsTests
{
    private const string Body = """{"prompt": "a", "max_tokens": 2}""";

    [Fact]
    public async Task Eight_requests_at_once_are_all_answered()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        JsonElement[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.CompleteAsync(Body)));
        Assert.All(answers, answer => Assert.Equal(" one two", answer.GetProperty("choices")[0].GetProperty("text").GetString()));
    }

    [Fact]
    public async Task Requests_of_one_model_do_not_hold_up_those_of_another()
    {
        var gate = new TaskCompletionSource();
        var busy = new ScriptedBackend { Generating = gate.Task };
        await using TestServer server = await TestServer.StartAsync([busy, new ScriptedBackend("idle")]);
        Task<JsonElement>[] held = [.. Enumerable.Range(0, 20).Select(_ => server.CompleteAsync(Body))];
        await busy.Begun.WaitAsync();
        JsonElement answer = await server.CompleteAsync("""{"model": "idle", "prompt": "a", "max_tokens": 2}""");
        Assert.Equal(" one two", answer.GetProperty("choices")[0].GetProperty("text").GetString());
        Assert.All(held, task => Assert.False(task.IsCompleted));
        gate.SetResult();
        await Task.WhenAll(held);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_disconnects_ends_its_generation(bool stream)
    {
        var backend = new ScriptedBackend { Generating = new TaskCompletionSource().Task };
        await using TestServer server = await TestServer.StartAsync(backend);
        using var client = new CancellationTokenSource();
        string body = stream ? """{"prompt": "a", "stream": true}""" : Body;
        Task<HttpResponseMessage> answer = server.PostAsync(body, HttpCompletionOption.ResponseContentRead, cancellationToken: client.Token);
        await backend.Begun.WaitAsync();
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Assert.True(await backend.Cancelled.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task A_stopping_host_finishes_what_it_accepted_and_accepts_nothing_more()
    {
        var gate = new TaskCompletionSource();
        var backend = new ScriptedBackend { Generating = gate.Task };
        await using TestServer server = await TestServer.StartAsync(backend);
        Task<HttpResponseMessage>[] accepted = [server.PostAsync(Body), server.PostAsync(Body)];
        await backend.Begun.WaitAsync();
        await backend.Begun.WaitAsync();

        Task stopping = server.App.StopAsync();
        using HttpResponseMessage refused = await server.PostAsync(Body);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("the server is stopping", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("""{"status":"stopping","models":{"default":{"status":"ok"}}}""", await (await server.Client.GetAsync("/health")).Content.ReadAsStringAsync());
        Assert.False(stopping.IsCompleted);

        gate.SetResult();
        Assert.All(await Task.WhenAll(accepted), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        await stopping;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Requests_outliving_the_drain_get_an_error(int answers)
    {
        var backend = new ScriptedBackend { Generating = new TaskCompletionSource().Task };
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:DrainSeconds", "0"));
        Task<HttpResponseMessage> accepted = server.PostAsync($$"""{"prompt": "a", "max_tokens": 2, "n": {{answers}}}""");
        for (int i = 0; i < answers; i++)
        {
            await backend.Begun.WaitAsync();
        }
        await server.App.StopAsync();
        using HttpResponseMessage answer = await accepted;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("the server is stopping", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_outliving_the_drain_ends_with_an_error_event()
    {
        var backend = new ScriptedBackend { Generating = new TaskCompletionSource().Task };
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:DrainSeconds", "0"));
        using HttpResponseMessage response = await server.PostAsync(
            """{"prompt": "a", "max_tokens": 2, "stream": true}""", HttpCompletionOption.ResponseHeadersRead);
        await server.App.StopAsync();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Contains(" one", await reader.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("", await reader.ReadLineAsync());
        Assert.Contains("the server is stopping", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }
}
