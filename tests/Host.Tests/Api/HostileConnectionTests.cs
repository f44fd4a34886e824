using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Engine.Host.Tests.Api;

/// <summary>Clients that come and go as networks do, over a bare connection.</summary>
public sealed class HostileConnectionTests
{
    private const string Template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";
    private const string Body = """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 2}""";
    private const string StreamedBody = """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1000000000, "stream": true}""";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_body_that_comes_byte_by_byte_is_answered()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        using TcpClient client = await ConnectAsync(server);
        NetworkStream connection = client.GetStream();
        await SendAsync(connection, Head(Body.Length));
        foreach (byte part in Encoding.UTF8.GetBytes(Body))
        {
            connection.WriteByte(part);
            await Task.Delay(5);
        }
        Assert.StartsWith("HTTP/1.1 200", await FirstLineAsync(connection), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_its_body_is_not_a_server_error()
    {
        await using ServeProcess process = await ServeProcess.StartAsync([]);
        Uri address = process.Client.BaseAddress!;
        for (int i = 0; i < 5; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port);
            await SendAsync(client.GetStream(), Head(Body.Length) + Body[..20]);
        }
        Assert.False(SpinWait.SpinUntil(() => process.Log.Contains("fail:", StringComparison.Ordinal), TimeSpan.FromSeconds(1)), process.Log);
        Assert.True((await process.Client.GetAsync(new Uri("/health", UriKind.Relative))).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_body_that_stops_half_way_is_refused_with_408()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        using TcpClient client = await ConnectAsync(server);
        NetworkStream connection = client.GetStream();
        await SendAsync(connection, Head(Body.Length) + Body[..20]);
        Assert.StartsWith("HTTP/1.1 408", await FirstLineAsync(connection), StringComparison.Ordinal);
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task A_client_that_leaves_half_way_through_its_body_does_not_harm_the_server()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        for (int i = 0; i < 20; i++)
        {
            using TcpClient client = await ConnectAsync(server);
            await SendAsync(client.GetStream(), Head(Body.Length) + Body[..(i * 3)]);
            client.LingerState = new LingerOption(i % 2 == 0, 0); // half of them with a reset
        }
        using HttpResponseMessage response = await server.PostAsync(Body, path: "/v1/chat/completions");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(backend.Requests);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_client_that_disconnects_stops_its_generation_while_the_prompt_is_read_and_after(bool decoding, bool streamed)
    {
        Task never = new TaskCompletionSource().Task;
        var backend = new ScriptedBackend { ChatTemplate = Template, Prefill = decoding ? Task.CompletedTask : never, Generating = never };
        await using TestServer server = await TestServer.StartAsync(backend);
        using (TcpClient client = await ConnectAsync(server))
        {
            string body = streamed ? StreamedBody : Body;
            await SendAsync(client.GetStream(), Head(body.Length) + body);
            Assert.True(await backend.Begun.WaitAsync(Soon));
        }
        Assert.True(await backend.Cancelled.WaitAsync(Soon));
    }

    [Fact]
    public async Task A_client_that_does_not_read_pauses_its_generation_takes_no_memory_and_ends_it_when_it_disconnects()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        using (TcpClient client = await ConnectAsync(server))
        {
            await SendAsync(client.GetStream(), Head(StreamedBody.Length) + StreamedBody);
            Assert.True(await backend.Begun.WaitAsync(Soon));
            long until = Environment.TickCount64 + (long)Soon.TotalMilliseconds, before;
            do
            {
                Assert.True(Environment.TickCount64 < until, $"The generation runs on: {backend.Given} tokens nobody reads.");
                before = backend.Given;
                await Task.Delay(1000);
            }
            while (before == 0 || backend.Given > before);
            Assert.InRange(before, 1, 200_000); // what two sockets hold: some MB in events of 200 bytes
            Assert.Equal(0, backend.Cancelled.CurrentCount);
        }
        Assert.True(await backend.Cancelled.WaitAsync(Soon));
    }

    [Fact]
    public async Task A_slow_reader_gets_the_whole_stream()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        using HttpResponseMessage response = await server.PostAsync(
            StreamedBody.Replace("1000000000", "20000", StringComparison.Ordinal), HttpCompletionOption.ResponseHeadersRead, path: "/v1/chat/completions");
        using Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[64 * 1024];
        using var whole = new MemoryStream();
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            whole.Write(buffer, 0, read);
            await Task.Delay(10);
        }
        Assert.Equal(20_001, whole.GetBuffer().AsSpan(0, (int)whole.Length).Count("\n\n"u8)); // and [DONE]
    }

    private static async Task<TcpClient> ConnectAsync(TestServer server)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port);
        return client;
    }

    private static string Head(int length) =>
        $"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n";

    private static ValueTask SendAsync(NetworkStream connection, string text) => connection.WriteAsync(Encoding.UTF8.GetBytes(text));

    private static async Task<string> FirstLineAsync(NetworkStream connection)
    {
        using var reader = new StreamReader(connection);
        return await reader.ReadLineAsync().WaitAsync(Soon) ?? "";
    }
}
