using System.Net;
using System.Text.Json;

namespace Engine.Host.Tests.Api;

/// <summary>The bounded queue of each model, as a client sees it.</summary>
public sealed class QueueTests
{
    private const string Body = """{"prompt": [1, 2, 3], "max_tokens": 2}""";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_full_queue_answers_429_with_when_to_retry()
    {
        var backend = new GatedBackend();
        await using TestServer server = await StartAsync(backend, slots: 2, queue: 1);
        // Two run and one waits. Which is the fourth is a race.
        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 4).Select(_ => server.PostAsync(Body))];
        using HttpResponseMessage refused = await await Task.WhenAny(requests).WaitAsync(Soon);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        JsonElement error = JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal(("rate_limit_error", "queue_full"), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        Assert.StartsWith("Taking a request for gate: 1 requests wait already, as many as may (Queue).", error.GetProperty("message").GetString(), StringComparison.Ordinal);

        backend.Gate.Set();
        HttpResponseMessage[] all = await Task.WhenAll(requests).WaitAsync(Soon);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], all.Select(response => response.StatusCode).Order());
        Assert.InRange(backend.Widest, 1, 2); // no more than there are slots; the first may be done before the others have read their prompts
    }

    [Fact]
    public async Task A_full_queue_of_one_model_does_not_affect_another()
    {
        var backend = new GatedBackend();
        await using TestServer server = await StartAsync(backend, slots: 1, queue: 0, new ScriptedBackend());
        Task<HttpResponseMessage> running = server.PostAsync(Body);
        await backend.Stepping.WaitAsync(Soon);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await server.PostAsync(Body)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("""{"model": "scripted", "prompt": "a"}""").WaitAsync(Soon)).StatusCode);
        backend.Gate.Set();
        Assert.Equal(HttpStatusCode.OK, (await running.WaitAsync(Soon)).StatusCode);
    }

    [Fact]
    public async Task A_client_that_disconnects_while_it_waits_frees_its_place()
    {
        var backend = new GatedBackend();
        await using TestServer server = await StartAsync(backend, slots: 1, queue: 1);
        Task<HttpResponseMessage> running = server.PostAsync(Body);
        await backend.Stepping.WaitAsync(Soon);
        using CancellationTokenSource first = new(), second = new();
        Task<HttpResponseMessage>[] next = [server.PostAsync(Body, cancellationToken: first.Token), server.PostAsync(Body, cancellationToken: second.Token)];
        Task<HttpResponseMessage> refused = await Task.WhenAny(next).WaitAsync(Soon);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await refused).StatusCode);
        await (refused == next[0] ? second : first).CancelAsync(); // the one that waits

        // The server sees it a moment later; the step under way has not ended.
        Task<HttpResponseMessage> taken;
        long until = Environment.TickCount64 + (long)Soon.TotalMilliseconds;
        while (true)
        {
            taken = server.PostAsync(Body);
            if (await Task.WhenAny(taken, Task.Delay(300)) != taken)
            {
                break;
            }
            Assert.Equal(HttpStatusCode.TooManyRequests, (await taken).StatusCode);
            Assert.True(Environment.TickCount64 < until, "The place is still taken.");
        }
        Assert.False(running.IsCompleted);
        backend.Gate.Set();
        Assert.Equal(HttpStatusCode.OK, (await taken.WaitAsync(Soon)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await running.WaitAsync(Soon)).StatusCode);
    }

    [Fact]
    public async Task A_request_past_the_servers_deadline_is_answered_504_whether_it_ran_or_waited()
    {
        var backend = new GatedBackend();
        await using TestServer server = await StartAsync(backend, slots: 1, queue: 1, ("Serve:DeadlineSeconds", "1"));
        HttpResponseMessage[] late = await Task.WhenAll(server.PostAsync(Body), server.PostAsync(Body)).WaitAsync(Soon);
        Assert.All(late, response => Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode));
        JsonElement error = JsonElement.Parse(await late[0].Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal("Answering a request with gate: expected the end within 1 s (Deadline), it was not reached. Ask for fewer tokens, or give it more time.",
            error.GetProperty("message").GetString());
        backend.Gate.Set();
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Body).WaitAsync(Soon)).StatusCode);
    }

    [Fact]
    public async Task More_answers_than_the_model_can_ever_take_at_once_are_refused()
    {
        var backend = new GatedBackend();
        backend.Gate.Set();
        await using TestServer server = await StartAsync(backend, slots: 2, queue: 1);
        JsonElement error = (await server.CompleteAsync("""{"prompt": [1], "n": 4}""")).GetProperty("error");
        Assert.Equal("Reading the field 'n': the model 'default' runs 2 answers at a time and lets 1 wait (Slots, Queue), found 4. Ask for at most 3.",
            error.GetProperty("message").GetString());
        JsonElement answer = await server.CompleteAsync("""{"prompt": [1], "n": 3, "max_tokens": 2}""");
        Assert.Equal(6, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    private static Task<TestServer> StartAsync(GatedBackend backend, int slots, int queue, params (string, string)[] settings) =>
        TestServer.StartAsync([backend], [Setting("Slots", slots), Setting("Queue", queue), .. settings]);

    private static Task<TestServer> StartAsync(GatedBackend backend, int slots, int queue, ScriptedBackend other) =>
        TestServer.StartAsync([backend, other], Setting("Slots", slots), Setting("Queue", queue));

    private static (string, string) Setting(string key, int value) => ($"Engine:Models:default:{key}", $"{value}");
}
