using Engine.Host.Tests.Api;

namespace Engine.Host.Tests.Telemetry;

/// <summary>What a collector receives from the server.</summary>
public sealed class OtlpExportTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Caller = "b7ad6b7169203331", Secret = "a secret that no telemetry holds";

    [Fact]
    public async Task A_collector_gets_spans_with_model_tokens_and_reason_below_the_callers_and_metrics_and_log()
    {
        await using Collector collector = await Collector.StartAsync();
        await using ServeProcess server = await ServeProcess.StartAsync([],
            ("Telemetry__Otlp__Endpoint", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("Telemetry__Otlp__Headers", "x-collector-key=k"),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"), ("OTEL_BLRP_SCHEDULE_DELAY", "50"), ("OTEL_METRIC_EXPORT_INTERVAL", "100"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = new StringContent($$"""{"prompt": "{{Secret}}", "max_tokens": 4, "temperature": 0, "stop": ["{{Secret}}"]}"""),
        };
        request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");
        using (HttpResponseMessage response = await server.Client.SendAsync(request))
        {
            Assert.True(response.IsSuccessStatusCode);
        }
        await collector.UntilAsync(() => collector.Spans.Count(span => span.Trace == Trace) == 2 && collector.Metrics.ContainsKey("gen_ai.server.request.duration") && !collector.Lines.IsEmpty);

        ReceivedSpan http = Assert.Single(collector.Spans, span => span.Parent == Caller);
        Assert.Equal((Trace, "POST /v1/completions"), (http.Trace, http.Name));
        ReceivedSpan answer = Assert.Single(collector.Spans, span => span.Parent == http.Id);
        Assert.Equal((Trace, "text_completion default"), (answer.Trace, answer.Name));
        Assert.Equal(
            ("default", 4L, "length", 4L),
            (answer.Attributes["gen_ai.request.model"], answer.Attributes["gen_ai.usage.output_tokens"], answer.Attributes["gen_ai.response.finish_reasons"], answer.Attributes["gen_ai.request.max_tokens"]));
        Assert.True((long)answer.Attributes["gen_ai.usage.input_tokens"] > 4);
        Assert.DoesNotContain(collector.Spans.SelectMany(span => span.Attributes.Values).Append(string.Join('\n', collector.Lines)), value => value.ToString()!.Contains(Secret, StringComparison.Ordinal));
        Assert.All(collector.Keys, key => Assert.Equal("k", key));
    }

    [Theory]
    [InlineData("Telemetry:Otlp:Endpoint", "collector", "Otlp:Endpoint is 'collector'. Set it to an address such as http://127.0.0.1:4317.")]
    [InlineData("Telemetry:Otlp:Protocol", "json", "Otlp:Protocol is 'json'. Set it to grpc or http/protobuf.")]
    [InlineData("Telemetry:Otlp:Headers", "secret", "Otlp:Headers is not a list of headers. Set it to name=value,name=value.")]
    [InlineData("Telemetry:Otlp:Endpont", "x", "Otlp:Endpont is not a known key. Did you mean Endpoint?")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4317' in the environment. Set it to an address such as http://127.0.0.1:4317.")]
    public async Task An_invalid_setting_fails_the_start_with_a_message(string key, string value, string message)
    {
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => TestServer.StartAsync(new ScriptedBackend(), (key, value)));
        Assert.Contains(message, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_collector_fails_no_request()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_BSP_SCHEDULE_DELAY", "20"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(System.Net.HttpStatusCode.OK, (await server.PostAsync("""{"prompt": "a", "max_tokens": 2}""")).StatusCode);
        }
    }
}
