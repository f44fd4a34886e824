using System.Net;
using System.Text.Json;
using Engine.Host.Workers;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Host.Tests.Api;

public sealed class WorkerTests
{
    private const string Body = """{"prompt": "a", "max_tokens": 2}""";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Eight_requests_at_once_are_all_answered(int concurrency)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:Concurrency", $"{concurrency}"));
        JsonElement[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.CompleteAsync(Body)));
        Assert.All(answers, answer => Assert.Equal(" one two", answer.GetProperty("choices")[0].GetProperty("text").GetString()));
    }

    [Fact]
    public async Task As_many_run_at_once_as_the_models_have_slots()
    {
        var gate = new TaskCompletionSource();
        var backend = new ScriptedBackend { Generating = gate.Task };
        await using TestServer server = await TestServer.StartAsync(backend, ("Engine:Models:default:Slots", "2"));
        Task<JsonElement>[] answers = [.. Enumerable.Range(0, 3).Select(_ => server.CompleteAsync(Body))];
        await backend.Begun.WaitAsync();
        await backend.Begun.WaitAsync();
        Assert.Equal(2, backend.Requests.Count);
        gate.SetResult();
        await Task.WhenAll(answers);
        Assert.Equal(3, backend.Requests.Count);
    }

    [Fact]
    public async Task A_full_queue_says_429_and_when_to_come_back()
    {
        var gate = new TaskCompletionSource();
        var backend = new ScriptedBackend { Generating = gate.Task };
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:Queue", "1"));
        Task<HttpResponseMessage> running = server.PostAsync(Body);
        await backend.Begun.WaitAsync();
        // One of these two waits; which is a race, and the other finds the queue full.
        Task<HttpResponseMessage>[] next = [server.PostAsync(Body), server.PostAsync(Body)];
        HttpResponseMessage refused = await await Task.WhenAny(next);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        JsonElement error = JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal("rate_limit_error", error.GetProperty("type").GetString());

        gate.SetResult();
        HttpStatusCode[] statuses = [(await running).StatusCode, (await next[0]).StatusCode, (await next[1]).StatusCode];
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], statuses.Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_goes_away_ends_its_generation(bool stream)
    {
        var backend = new ScriptedBackend { Generating = new TaskCompletionSource().Task };
        await using TestServer server = await TestServer.StartAsync(backend);
        using var client = new CancellationTokenSource();
        string body = stream ? """{"prompt": "a", "stream": true}""" : Body;
        Task<HttpResponseMessage> answer = server.PostAsync(body, HttpCompletionOption.ResponseContentRead, client.Token);
        await backend.Begun.WaitAsync();
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Assert.True(await backend.Cancelled.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Nothing_is_taken_until_the_models_are_loaded()
    {
        var gate = new TaskCompletionSource();
        await using TestServer server = await TestServer.ListenAsync(new ScriptedBackend { Loading = gate.Task });
        using HttpResponseMessage early = await server.Client.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        Assert.Equal("""{"status":"loading"}""", await early.Content.ReadAsStringAsync());
        using HttpResponseMessage refused = await server.PostAsync(Body);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);

        gate.SetResult();
        await server.Starting;
        Assert.Equal("""{"status":"ok"}""", await server.Client.GetStringAsync("/health"));
        using HttpResponseMessage taken = await server.PostAsync(Body);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task A_stopping_host_ends_what_it_accepted_and_takes_nothing_more()
    {
        var gate = new TaskCompletionSource();
        var backend = new ScriptedBackend { Generating = gate.Task };
        await using TestServer server = await TestServer.StartAsync(backend);
        Task<HttpResponseMessage>[] accepted = [server.PostAsync(Body), server.PostAsync(Body)];
        await backend.Begun.WaitAsync();
        while (server.App.Services.GetRequiredService<GenerationQueue>().Waiting == 0)
        {
            await Task.Delay(5);
        }

        Task stopping = server.App.StopAsync();
        using HttpResponseMessage refused = await server.PostAsync(Body);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("""{"status":"stopping"}""", await (await server.Client.GetAsync("/health")).Content.ReadAsStringAsync());
        Assert.False(stopping.IsCompleted);

        gate.SetResult();
        Assert.All(await Task.WhenAll(accepted), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        await stopping;
    }

    [Fact]
    public async Task What_does_not_end_in_time_is_told_so()
    {
        var backend = new ScriptedBackend { Generating = new TaskCompletionSource().Task };
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:DrainSeconds", "0"));
        Task<HttpResponseMessage> accepted = server.PostAsync(Body);
        await backend.Begun.WaitAsync();
        await server.App.StopAsync();
        using HttpResponseMessage answer = await accepted;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("the server is stopping", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
