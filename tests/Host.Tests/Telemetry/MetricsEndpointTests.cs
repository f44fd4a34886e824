using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Engine.Host.Tests.Api;

namespace Engine.Host.Tests.Telemetry;

/// <summary><c>/metrics</c>, as a scraper sees it.</summary>
public sealed class MetricsEndpointTests
{
    private static readonly Uri Metrics = new("/metrics", UriKind.Relative);

    [Fact]
    public async Task The_real_server_reports_the_requests_that_it_has_answered()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(["--context", "256"]);
        (string Name, string Value)[] completions = [("gen_ai_operation_name", "text_completion"), ("gen_ai_request_model", "default"), ("gen_ai_provider_name", "engine")];
        await AskAsync(serve.Client, "/v1/completions", """{"prompt": "Once upon a time", "max_tokens": 5, "temperature": 0}""");
        await AskAsync(serve.Client, "/v1/completions", """{"prompt": "Once upon a time", "max_tokens": 5, "temperature": 0, "stream": true}""");
        await AskAsync(serve.Client, "/api/chat", """{"messages": [{"role": "user", "content": "a story"}], "options": {"num_predict": 3}, "stream": false}""");
        Scrape scrape = await UntilAsync(serve.Client, scrape => scrape.Sum("gen_ai_server_request_duration_seconds_count") == 3);
        Assert.Equal(10, scrape.Sum("gen_ai_client_token_usage_sum", [.. completions, ("gen_ai_token_type", "output")]));
        (string, string) tooLong = ("error_type", "Engine.ContextLengthExceededException");
        Assert.Null(scrape.Sum("gen_ai_server_request_duration_seconds_count", tooLong));
        await serve.Client.PostAsync(new Uri("/v1/completions", UriKind.Relative), new StringContent($$"""{"prompt": "{{string.Join(' ', Enumerable.Repeat("word", 400))}}"}"""));
        scrape = await UntilAsync(serve.Client, scrape => scrape.Sum("gen_ai_server_request_duration_seconds_count", tooLong) == 1);

        Assert.Equal(3, scrape.Sum("gen_ai_server_request_duration_seconds_count", completions));
        Assert.Equal(2, scrape.Sum("gen_ai_server_time_to_first_token_seconds_count", completions));
        Assert.Equal(2, scrape.Sum("gen_ai_server_time_per_output_token_seconds_count", completions));
        Assert.Equal(1, scrape.Sum("gen_ai_server_request_duration_seconds_count", ("gen_ai_operation_name", "chat")));
        Assert.Equal("histogram", scrape.Types["gen_ai_server_request_duration_seconds"]);
        Assert.Equal(2, scrape.Sum("gen_ai_server_time_to_first_token_seconds_bucket", [.. completions, ("le", "10")]));
        Assert.Equal("gauge", scrape.Types["engine_cells"]);
        Assert.Equal((0, 0, 0), (scrape.Sum("engine_cells"), scrape.Sum("engine_waiting"), scrape.Sum("engine_running")));
        Assert.Equal("counter", scrape.Types["engine_steps_total"]);
        Assert.True(scrape.Sum("engine_steps_total", ("engine_model", "default")) >= 10);
        Assert.Equal(scrape.Sum("engine_steps_total"), scrape.Sum("engine_step_size_count"));
        Assert.Equal(1, scrape.Sum("engine_model_state", ("engine_model", "default"), ("engine_model_state", "ready")));
        Assert.Equal(1, scrape.Sum("engine_model_state"));
        Assert.True(scrape.Sum("dotnet_process_memory_working_set_bytes") > 0);
        Assert.True(scrape.Sum("http_server_request_duration_seconds_count", ("http_route", "/v1/completions")) >= 2);
    }

    [Fact]
    public async Task A_key_is_required_as_elsewhere_unless_the_setting_says_otherwise()
    {
        await using (TestServer guarded = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:ApiKeys:0", "secret")))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await guarded.Client.GetAsync(Metrics)).StatusCode);
            guarded.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
            Assert.Equal(HttpStatusCode.OK, (await guarded.Client.GetAsync(Metrics)).StatusCode);
        }
        await using (TestServer open = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:ApiKeys:0", "secret"), ("Serve:Metrics", "open")))
        {
            Assert.Equal(HttpStatusCode.OK, (await open.Client.GetAsync(Metrics)).StatusCode);
        }
        await using TestServer off = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:Metrics", "off"));
        Assert.Equal(HttpStatusCode.NotFound, (await off.Client.GetAsync(Metrics)).StatusCode);
    }

    [Fact]
    public async Task Scrapers_that_read_nothing_do_not_keep_others_waiting()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        List<TcpClient> hanging = [];
        try
        {
            string requests = string.Concat(Enumerable.Repeat($"GET /metrics HTTP/1.1\r\nHost: {server.Client.BaseAddress!.Authority}\r\n\r\n", 2000));
            for (int i = 0; i < 8; i++)
            {
                var client = new TcpClient { ReceiveBufferSize = 4096 };
                await client.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(requests));
                hanging.Add(client);
            }
            for (int i = 0; i < 20; i++)
            {
                await Scrape.TakeAsync(server.Client).WaitAsync(TimeSpan.FromSeconds(60));
                await Task.Delay(50); // past the exporter's cache, so that some are collected anew
            }
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("""{"prompt": "a", "max_tokens": 2}""")).StatusCode);
        }
        finally
        {
            hanging.ForEach(client => client.Dispose());
        }
    }

    private static async Task AskAsync(HttpClient client, string path, string body)
    {
        using HttpResponseMessage response = await client.PostAsync(new Uri(path, UriKind.Relative), new StringContent(body));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<Scrape> UntilAsync(HttpClient client, Func<Scrape, bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            Scrape scrape = await Scrape.TakeAsync(client);
            if (holds(scrape))
            {
                return scrape;
            }
            await Task.Delay(100, limit.Token);
        }
    }
}
