using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Engine.Host.Tests.Telemetry;

/// <summary>A collector that OTLP is sent to, over HTTP with protobuf.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Collector(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = [];

    /// <summary>Names of metrics.</summary>
    public ConcurrentDictionary<string, bool> Metrics { get; } = [];

    /// <summary>The header that each request brought.</summary>
    public ConcurrentQueue<string?> Keys { get; } = [];

    /// <summary>Lines of the log.</summary>
    public ConcurrentQueue<string> Lines { get; } = [];

    public static async Task<Collector> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var collector = new Collector(app);
        app.MapPost("/v1/traces", context => collector.TakeAsync(context, scope => collector.Spans.Enqueue(ReceivedSpan.Read(scope))));
        app.MapPost("/v1/metrics", context => collector.TakeAsync(context, metric => collector.Metrics[ProtoField.Read(metric).First(field => field.Number == 1).Text] = true));
        app.MapPost("/v1/logs", context => collector.TakeAsync(context, line => collector.Lines.Enqueue(string.Concat(ProtoField.Read(line).Where(field => field.Number == 5).Select(body => body.Text)))));
        await app.StartAsync();
        return collector;
    }

    public async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // All three kinds nest alike: request.1 of a resource, .2 of a scope, .2 of the thing itself.
    private async Task TakeAsync(HttpContext context, Action<ByteString> take)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Keys.Enqueue(context.Request.Headers["x-collector-key"]);
        foreach (ProtoField resource in ProtoField.Read(ByteString.CopyFrom(body.ToArray())).Where(field => field.Number == 1))
        {
            foreach (ProtoField scope in ProtoField.Read(resource.Bytes).Where(field => field.Number == 2))
            {
                foreach (ProtoField thing in ProtoField.Read(scope.Bytes).Where(field => field.Number == 2))
                {
                    take(thing.Bytes);
                }
            }
        }
        context.Response.ContentType = "application/x-protobuf";
    }
}

/// <summary>A field of a protobuf message.</summary>
internal readonly record struct ProtoField(int Number, ByteString Bytes, ulong Value)
{
    public string Text => Bytes.ToStringUtf8();

    public string Hex => Convert.ToHexStringLower(Bytes.Span);

    public static IReadOnlyList<ProtoField> Read(ByteString message)
    {
        var fields = new List<ProtoField>();
        CodedInputStream input = message.CreateCodedInput();
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            int number = WireFormat.GetTagFieldNumber(tag);
            fields.Add(WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.LengthDelimited => new(number, input.ReadBytes(), 0),
                WireFormat.WireType.Varint => new(number, ByteString.Empty, input.ReadUInt64()),
                WireFormat.WireType.Fixed64 => new(number, ByteString.Empty, input.ReadFixed64()),
                WireFormat.WireType.Fixed32 => new(number, ByteString.Empty, input.ReadFixed32()),
                var other => throw new InvalidDataException($"A field of the wire type {other}."),
            });
        }
        return fields;
    }
}

/// <summary>A span as it arrived.</summary>
internal sealed record ReceivedSpan(string Trace, string Id, string Parent, string Name, Dictionary<string, object> Attributes)
{
    public static ReceivedSpan Read(ByteString message)
    {
        IReadOnlyList<ProtoField> fields = ProtoField.Read(message);
        ProtoField Of(int number) => fields.FirstOrDefault(field => field.Number == number, new(number, ByteString.Empty, 0));
        var attributes = fields.Where(field => field.Number == 9).Select(field => ProtoField.Read(field.Bytes)).ToDictionary(pair => pair[0].Text, pair => ValueOf(pair[1].Bytes));
        return new(Of(1).Hex, Of(2).Hex, Of(4).Hex, Of(5).Text, attributes);
    }

    private static object ValueOf(ByteString message) => ProtoField.Read(message)[0] switch
    {
        { Number: 1 } text => text.Text,
        { Number: 3 } whole => (long)whole.Value,
        { Number: 4 } number => BitConverter.UInt64BitsToDouble(number.Value),
        { Number: 5 } list => string.Join(",", ProtoField.Read(list.Bytes).Select(element => ValueOf(element.Bytes))),
        var other => other,
    };
}
