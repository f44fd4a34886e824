using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Engine.Host.Tests.Api;
using Engine.Host.Tests.Service;
using Engine.Host.Tests.Telemetry;
using Engine.Remote;
using Engine.Remote.Isolation;
using Microsoft.Extensions.Logging;

namespace Engine.Host.Tests.Isolation;

/// <summary><c>engine serve</c> with a model in its own process.</summary>
public sealed class IsolatedServiceTests
{
    private static readonly (string, string) Isolated = ("Engine__Models__default__Isolation", "process");

    [LinuxFact]
    public async Task A_model_that_fails_permanently_harms_no_other_and_is_tried_again_by_its_next_request()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--backend", "reference"], Isolated, ("Engine__Models__default__Path", "builtin:llama-stories"),
            ("Engine__Models__other__Path", "builtin:llama-stories"), ("Engine__Models__other__Backend", "reference"));
        int killed = 0;
        JsonElement health = default;
        while (Status() != "failed")
        {
            health = JsonElement.Parse(await (await serve.Client.GetAsync(new Uri("/health", UriKind.Relative))).Content.ReadAsStringAsync());
            IReadOnlyList<int> processes = IsolatedModels.ProcessesIn(serve.Log);
            if (processes.Count > killed && Status() == "ok")
            {
                IsolatedModels.Send(processes[killed++], Signal.Kill);
            }
            await Task.Delay(20);
        }
        Assert.True(killed >= 5, $"{killed}"); // one that lives for five seconds, on a busy machine, restarts the count
        Assert.Contains("it died 5 times in a row", health.GetProperty("models").GetProperty("default").GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("ok", health.GetProperty("models").GetProperty("other").GetProperty("status").GetString());
        Assert.True((await serve.Client.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(serve, "other")).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(serve, "default")).StatusCode);
        serve.Terminate();
        Assert.Equal(0, await serve.ExitAsync());
        Assert.True(await IsolatedModels.EndsAsync(IsolatedModels.ProcessesIn(serve.Log)[^1]));

        string? Status() => health.ValueKind == JsonValueKind.Undefined ? null : health.GetProperty("models").GetProperty("default").GetProperty("status").GetString();
    }

    [LinuxFact]
    public async Task If_a_dead_process_cannot_be_replaced_requests_get_the_reason_until_it_can()
    {
        using var folder = new TemporaryFolder();
        string place = Directory.CreateDirectory(folder.File("tmp")).FullName; // for its socket: a full disk cannot take a folder, either
        await using ServeProcess serve = await ServeProcess.StartAsync(["--backend", "reference"], Isolated, ("TMPDIR", place));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(serve, "default")).StatusCode);
        int child = Assert.Single(IsolatedModels.ProcessesIn(serve.Log));
        Directory.Delete(place, recursive: true);
        IsolatedModels.Send(child, Signal.Kill);
        using HttpResponseMessage waiting = await PostAsync(serve, "default");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, waiting.StatusCode);
        Assert.Contains($"Making a folder for the socket of a model's process in '{place}/'", await waiting.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        Directory.CreateDirectory(place);
        using HttpResponseMessage answered = await PostAsync(serve, "default");
        Assert.True(answered.IsSuccessStatusCode, await answered.Content.ReadAsStringAsync());
        Assert.Equal(2, IsolatedModels.ProcessesIn(serve.Log).Count);
    }

    [LinuxFact]
    public async Task A_death_during_an_answer_is_status_503_in_each_dialect_and_a_line_of_the_log()
    {
        using var slow = new SlowModel();
        await using ServeProcess serve = await ServeProcess.StartAsync([.. slow.Arguments, "--slots", "4"], Isolated, ("Engine__Models__default__ChatTemplate", "chatml"));
        object[] messages = [new { role = "user", content = "a" }];
        var schema = new { type = "string", minLength = 1500 }; // random weights may end at once
        var form = new { type = "json_schema", json_schema = new { name = "long", schema } };
        Task<HttpResponseMessage> chat = serve.Client.PostAsJsonAsync("/v1/chat/completions", new { messages, max_tokens = 1500, response_format = form });
        Task<HttpResponseMessage> message = serve.Client.PostAsJsonAsync("/v1/messages", new { model = "default", messages, max_tokens = 1500, output_config = new { format = new { type = "json_schema", schema } } });
        Task<HttpResponseMessage> ollama = serve.Client.PostAsJsonAsync("/api/chat", new { model = "default", messages, stream = false, format = schema, options = new { num_predict = 1500 } });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(new { prompt = "a", max_tokens = 1500, response_format = form, stream = true }) };
        using HttpResponseMessage streamed = await serve.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        while ((await Scrape.TakeAsync(serve.Client)).Sum("engine_steps_total", ("engine_model", "default")) is not > 20)
        {
            await Task.Delay(50);
        }
        IsolatedModels.Send(IsolatedModels.ProcessesIn(serve.Log)[^1], Signal.Kill);

        Assert.Equal("model_unavailable", (await ErrorAsync(chat)).GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("overloaded_error", (await ErrorAsync(message)).GetProperty("error").GetProperty("type").GetString());
        Assert.EndsWith("Send the request again.", (await ErrorAsync(ollama)).GetProperty("error").GetString(), StringComparison.Ordinal);
        using var lines = new StreamReader(await streamed.Content.ReadAsStreamAsync());
        string last = "";
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await lines.ReadLineAsync() is { } line)
            {
                last = line.Length > 0 ? line : last;
            }
        });
        Assert.Contains("\"code\":\"model_unavailable\"", last, StringComparison.Ordinal);
        Assert.Contains("A streamed answer of /v1/completions broke off; its client got the reason: Answering a request with slow.gguf", serve.Log, StringComparison.Ordinal);
        Assert.Contains("A request failed: Answering a request with slow.gguf", serve.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("nhandled", serve.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", serve.Log, StringComparison.Ordinal);

        static async Task<JsonElement> ErrorAsync(Task<HttpResponseMessage> answering)
        {
            using HttpResponseMessage answer = await answering;
            string body = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, body);
            Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
            Assert.Contains("it was killed (SIGKILL)", body, StringComparison.Ordinal);
            Assert.Contains("when a part of the answer was there already", body, StringComparison.Ordinal);
            return JsonElement.Parse(body);
        }
    }

    [LinuxFact]
    public async Task The_server_reports_the_batch_of_a_process_and_how_often_one_was_started_again()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(["--backend", "reference"], Isolated);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(serve, "default")).StatusCode);
        (string, string) model = ("engine_model", "default");
        await UntilAsync(scrape => scrape.Sum("engine_steps_total", model) > 0 && scrape.Sum("engine_step_size_count", model) == scrape.Sum("engine_steps_total", model) && scrape.Sum("engine_cells", model) == 0);
        Assert.Null((await Scrape.TakeAsync(serve.Client)).Sum("engine_child_restarts_total", model));

        IsolatedModels.Send(IsolatedModels.ProcessesIn(serve.Log)[^1], Signal.Kill);
        await UntilAsync(scrape => scrape.Sum("engine_child_restarts_total", model) == 1);

        async Task UntilAsync(Func<Scrape, bool> holds)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (!holds(await Scrape.TakeAsync(serve.Client)))
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }

    [LinuxFact]
    public async Task A_process_ends_with_its_parent_even_if_that_is_killed()
    {
        ServeProcess serve = await ServeProcess.StartAsync(["--backend", "reference"], Isolated);
        int child = Assert.Single(IsolatedModels.ProcessesIn(serve.Log));
        await serve.DisposeAsync(); // by SIGKILL
        Assert.True(await IsolatedModels.EndsAsync(child));
    }

    [LinuxFact]
    public async Task A_signal_that_is_meant_for_the_server_leaves_its_processes_to_the_requests_it_drains()
    {
        using var slow = new SlowModel();
        using var systemd = new NotifySocket();
        await using ServeProcess serve = await ServeProcess.StartAsync(slow.Arguments, Isolated, ("NOTIFY_SOCKET", systemd.Path), ("WATCHDOG_USEC", "300000"));
        Task<HttpResponseMessage> request = serve.Client.PostAsJsonAsync("/v1/completions", new { prompt = SlowModel.Prompt(300), max_tokens = 2, temperature = 0 });
        await systemd.UntilAsync(notice => notice.Status?.StartsWith("1 requests", StringComparison.Ordinal) == true);
        IsolatedModels.Send(IsolatedModels.ProcessesIn(serve.Log)[^1], Signal.Terminate); // as systemd and a terminal do to all processes
        IsolatedModels.Send(IsolatedModels.ProcessesIn(serve.Log)[^1], Signal.Interrupt);
        serve.Terminate();
        Assert.True((await request).IsSuccessStatusCode, await (await request).Content.ReadAsStringAsync() + serve.Log);
        Assert.Equal(0, await serve.ExitAsync());
        Assert.Single(IsolatedModels.ProcessesIn(serve.Log));
    }

    [LinuxFact]
    public async Task Two_processes_with_one_socket_are_reported_in_a_message()
    {
        using var folder = new TemporaryFolder();
        string socket = Path.Combine(Directory.CreateDirectory(folder.File("private")).FullName, "model.sock");
        string order = new ChildOrder(ChildOrder.CurrentVersion, new ModelOptions { Path = Path.Combine(SharedFolder.Checkout, "models", "llama-stories-q8_0.gguf"), Backend = "reference" },
            ChildOrder.Unix + socket, LogLevel.Information).ToLine();
        using Process first = EngineProcess.Start([EngineChild.Argument]);
        await first.StandardInput.WriteLineAsync(order);
        await first.StandardInput.FlushAsync();
        while (await first.StandardError.ReadLineAsync() is { } line && ChildLine.Parse(line) is not { Listens: true })
        {
            // Its log.
        }
        Outcome second = await EngineProcess.RunAsync([EngineChild.Argument], order + "\n");
        Assert.Equal(2, second.ExitCode);
        Assert.Contains($"Listening on unix:{socket} for a model's requests: expected nobody there, found another process", second.Error, StringComparison.Ordinal);
        first.StandardInput.Close();
        await first.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, first.ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}\n")]
    [InlineData("{\"Version\": 2}\n")]
    [InlineData("hello\n")]
    public async Task A_process_started_by_hand_says_what_it_is(string input)
    {
        Outcome outcome = await EngineProcess.RunAsync([EngineChild.Argument], input);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("expected an order of the engine that starts it on standard input, found none of this version", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_about_processes_are_reported_at_startup()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ServeProcess.StartAsync(
            [], Isolated, ("Engine__Models__other__Endpoint", "http://127.0.0.1:1"), ("Engine__Models__other__Isolation", "process"),
            ("Engine__Models__third__Path", "builtin:llama-stories"), ("Engine__Models__third__Isolation", "thread"), ("Engine__Models__default__Path", "builtin:llama-stories")));
        Assert.Contains("Models:other:Isolation is process, and another engine runs the model. Set Isolation there, and leave it out here.", error.Message, StringComparison.Ordinal);
        Assert.Contains("Models:third:Isolation is 'thread'. Set it to none or process.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Models:default", error.Message, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> PostAsync(ServeProcess serve, string model) =>
        serve.Client.PostAsJsonAsync("/v1/completions", new { model, prompt = "Once upon a time", max_tokens = 4, temperature = 0 });
}
